"""The requests of an operator."""

from uuid import UUID, uuid4

from vinculo.simulation.operator_client import OperatorClient

from .stub_system import StubSystem, problem

PERSON_ID = uuid4()


async def test_an_operator_signs_in_again_after_the_token_has_expired() -> None:
    system = StubSystem().on("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    system.on("GET /query/v1/totals", 200, {"by_status": {}})
    system.on("GET /query/v1/totals", 401, problem("token-invalid"))
    system.on("GET /query/v1/totals", 200, {"by_status": {}})

    async with system.gateway() as gateway:
        operator = OperatorClient(gateway, "operator@staff.example", "password")
        await operator.totals()
        await operator.totals()

    assert system.paths().count("/onboarding/v1/sessions") == 2


async def test_a_change_is_sent_with_the_current_version_and_retried_when_outdated() -> None:
    path = f"/registry/v1/people/{PERSON_ID}"
    system = StubSystem().on("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    for version in ('W/"3"', 'W/"4"'):
        system.on(f"GET {path}", 200, {}, {"ETag": version})
    system.on(f"POST {path}/status-changes", 412, problem("stream-changed"))
    system.on(f"POST {path}/status-changes", 201, {"status": "blocked", "version": 5})

    async with system.gateway() as gateway:
        operator = OperatorClient(gateway, "operator@staff.example", "password")
        response = await operator.block(PERSON_ID)

    sent = [request for request in system.requests if request.url.path.endswith("status-changes")]
    assert [request.headers["If-Match"] for request in sent] == ['W/"3"', 'W/"4"']
    assert response["status"] == "blocked"


async def test_accepting_a_dossier_skips_excepted_and_superseded_documents() -> None:
    documents = [
        {"document_id": str(UUID(int=1)), "kind": "payslip", "state": "screened"},
        {"document_id": str(UUID(int=2)), "kind": "payslip", "state": "superseded"},
        {"document_id": str(UUID(int=3)), "kind": "identity_card_front", "state": "screened"},
    ]
    system = StubSystem().on("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    dossier = f"GET /documents/v1/people/{PERSON_ID}/dossier"
    system.on(dossier, 200, {"documents": documents}, {"ETag": 'W/"9"'})
    system.on(f"POST /documents/v1/documents/{UUID(int=3)}/acceptance", 200, {})

    async with system.gateway() as gateway:
        operator = OperatorClient(gateway, "operator@staff.example", "password")
        await operator.accept_dossier(PERSON_ID, except_kinds=["payslip"])

    assert system.paths()[-1].endswith(f"{UUID(int=3)}/acceptance")
    assert system.requests[-1].headers["If-Match"] == 'W/"9"'
