"""Records, requirements and moves of status over HTTP, on a real database."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import PERMISSIONS, Permission, Role, guarded_routes, unguarded_routes
from vinculo.httpapi import parse_position
from vinculo.httpapi.testing import misdescribed_headers, untitled_problems

from ..http_calls import ADMIN, OPERATOR, app_of, as_, calling, slug
from ..incoming_events import COMPLETED, STARTED, Applicant
from ..registry_harness import RegistryUnderTest

pytestmark = pytest.mark.servers

PEOPLE = "/registry/v1/people"
ROUTES = {
    "GET /registry/v1/people/{person_id}": Permission.PROFILE_READ,
    "GET /registry/v1/people/{person_id}/requirements": Permission.PROFILE_READ,
    "POST /registry/v1/people/{person_id}/status-changes": Permission.STATUS_CHANGE,
    "POST /registry/v1/people/{person_id}/erasures": Permission.ERASE,
    "POST /registry/v1/people/{person_id}/internal-user-grants": Permission.INTERNAL_USERS_WRITE,
    "DELETE /registry/v1/people/{person_id}/internal-user-grants": (
        Permission.INTERNAL_USERS_WRITE
    ),
    "GET /registry/v1/erasures/{erasure_id}": Permission.ERASE,
}
BODIES = {
    "POST /registry/v1/people/{person_id}/status-changes": {
        "status": "pending",
        "reason_code": "other",
    },
    "POST /registry/v1/people/{person_id}/erasures": {"reason_code": "incorrect"},
    "POST /registry/v1/people/{person_id}/internal-user-grants": {
        "role": "viewer",
        "reason_code": "joined_staff",
    },
}


@pytest_asyncio.fixture(loop_scope="session")
async def http(registry: RegistryUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with calling(app_of(registry)) as client:
        yield client


async def move(
    http: httpx2.AsyncClient,
    person_id: UUID,
    status: str,
    *,
    role: Role = Role.OPERATOR,
    subject: UUID = OPERATOR,
    version: int | None = None,
    note: str | None = None,
) -> httpx2.Response:
    if version is None:
        found = await http.get(f"{PEOPLE}/{person_id}", headers=as_(Role.VIEWER))
        version = found.json()["version"] if found.status_code == 200 else 1
    body = {"status": status, "reason_code": "data_to_review"}
    if note is not None:
        body["note"] = note
    return await http.post(
        f"{PEOPLE}/{person_id}/status-changes",
        json=body,
        headers=as_(role, subject, if_match=f'W/"{version}"'),
    )


async def test_a_record_is_shown_with_its_version_as_etag(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)

    answer = await http.get(f"{PEOPLE}/{applicant.person_id}", headers=as_(Role.VIEWER))

    assert answer.status_code == 200
    shown = answer.json()
    assert answer.headers["etag"] == f'W/"{shown["version"]}"'
    assert shown["version"] == len(await registry.events(applicant.person_id))
    assert (shown["kind"], shown["status"]) == ("customer", "enabled")
    assert shown["registered_at"] == STARTED.isoformat().replace("+00:00", "Z")
    assert shown["completed_at"] == COMPLETED.isoformat().replace("+00:00", "Z")
    assert {"person_id", "registration_number", "customer_id", "promoted_at"} <= shown.keys()


async def test_a_pre_customer_has_no_customer_id_and_shows_when_it_completed(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.pending(applicant)

    shown = (await http.get(f"{PEOPLE}/{applicant.person_id}", headers=as_(Role.VIEWER))).json()

    assert (shown["kind"], shown["status"]) == ("pre_customer", "pending")
    assert "completed_at" in shown
    assert "customer_id" not in shown


@pytest.mark.parametrize(
    ("language", "title"),
    [("es-CO,es;q=0.9", "Documentos aceptados por un revisor"), ("en", "Documents accepted")],
)
async def test_requirements_are_explained_in_the_callers_language(
    registry: RegistryUnderTest, http: httpx2.AsyncClient, language: str, title: str
) -> None:
    applicant = Applicant()
    verified = applicant.verified()
    await registry.tell(await applicant.started(registry.keys), verified)

    answer = await http.get(
        f"{PEOPLE}/{applicant.person_id}/requirements",
        headers=as_(Role.VIEWER, accept_language=language),
    )

    shown = answer.json()
    assert (shown["policy"], shown["policy_version"], shown["all_met"]) == ("reviewed", 1, False)
    by_code = {each["code"]: each for each in shown["requirements"]}
    assert by_code["documents_accepted"]["title"].startswith(title)
    assert by_code["documents_accepted"]["outcome"] == "missing"
    assert by_code["email_verified"]["observed"] == {"email_verified": True}
    assert by_code["email_verified"]["evidence"] == [
        {"fact": "email_verified", "event_id": str(verified.event_id)}
    ]


async def test_nobody_unknown_is_shown_or_moved(http: httpx2.AsyncClient) -> None:
    person_id = uuid4()
    for answer in (
        await http.get(f"{PEOPLE}/{person_id}", headers=as_(Role.VIEWER)),
        await http.get(f"{PEOPLE}/{person_id}/requirements", headers=as_(Role.VIEWER)),
        await move(http, person_id, "blocked"),
    ):
        assert (answer.status_code, slug(answer)) == (404, "person-unknown")


async def test_who_is_known_by_documents_alone_is_unknown_here(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.tell(applicant.submitted())

    answer = await move(http, applicant.person_id, "blocked")

    assert (answer.status_code, slug(answer)) == (404, "person-unknown")


async def test_a_customer_is_moved_and_the_answer_gives_the_next_version(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)

    disabled = await move(http, applicant.person_id, "disabled", note="  Pidió una pausa.  ")

    assert disabled.status_code == 201
    assert disabled.json()["status"] == "disabled"
    version = disabled.json()["version"]
    assert disabled.headers["etag"] == f'W/"{version}"'
    assert parse_position(disabled.headers["vinculo-position"]) == (
        f"customer-{applicant.person_id}",
        version,
    )
    stored = (await registry.events(applicant.person_id))[-1]
    assert stored.type == "record-disabled.v1"
    assert stored.data["reason_code"] == "data_to_review"
    assert stored.data["disabled_by"] == str(OPERATOR)
    assert stored.meta.actor == str(OPERATOR)
    assert "pausa" not in str(stored.data)
    assert stored.personal is not None
    assert await registry.keys.open(applicant.person_id, stored.event_id, stored.personal) == {
        "v": 1,
        "note": "Pidió una pausa.",
    }


async def test_the_same_status_again_changes_nothing(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    before = await registry.events(applicant.person_id)

    answer = await move(http, applicant.person_id, "enabled")

    assert (answer.status_code, answer.json()) == (
        201,
        {"status": "enabled", "version": len(before)},
    )


async def test_setting_pending_again_promotes_who_met_everything_meanwhile(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.pending(applicant)
    await move(http, applicant.person_id, "disabled")
    await registry.tell(applicant.submitted(), applicant.accepted())

    answer = await move(http, applicant.person_id, "pending")

    assert answer.json()["status"] == "enabled"
    assert (await registry.event_types(applicant.person_id))[-2:] == [
        "record-set-pending",
        "pre-customer-promoted",
    ]


async def test_who_verified_while_blocked_is_pending_once_unblocked(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys))
    await move(http, applicant.person_id, "blocked")
    await registry.tell(applicant.verified())

    answer = await move(http, applicant.person_id, "pending", role=Role.ADMIN, subject=ADMIN)

    assert answer.json()["status"] == "pending"
    types = await registry.event_types(applicant.person_id)
    assert types.index("pre-customer-activated") > types.index("record-unblocked")


async def test_enabling_a_pre_customer_names_what_is_not_met(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.pending(applicant)

    answer = await move(http, applicant.person_id, "enabled")

    assert (answer.status_code, slug(answer)) == (409, "requirements-not-met")
    assert answer.json()["unmet"] == ["documents_accepted"]
    assert answer.json()["title"] == "Faltan requisitos para ser cliente"


async def test_refused_moves_are_named_problems(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    new, customer = Applicant(), Applicant()
    await registry.tell(await new.started(registry.keys))
    await registry.promoted(customer)

    outstanding = await move(http, new.person_id, "pending")
    nowhere = await move(http, customer.person_id, "pending_email_verification")
    await move(http, customer.person_id, "blocked")
    still_blocked = await move(http, customer.person_id, "enabled")
    not_admin = await move(http, customer.person_id, "pending")
    own = await move(http, customer.person_id, "disabled", subject=customer.person_id)

    assert (outstanding.status_code, slug(outstanding)) == (409, "activation-outstanding")
    assert (nowhere.status_code, slug(nowhere)) == (409, "move-not-allowed")
    assert (still_blocked.status_code, slug(still_blocked)) == (409, "record-blocked")
    assert (not_admin.status_code, slug(not_admin)) == (403, "unblocking-needs-administrator")
    assert (own.status_code, slug(own)) == (403, "own-record")


async def test_a_move_needs_the_version_that_was_seen(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    path = f"{PEOPLE}/{applicant.person_id}/status-changes"
    body = {"status": "blocked", "reason_code": "fraud_suspected"}

    without = await http.post(path, json=body, headers=as_(Role.OPERATOR))
    outdated = await http.post(path, json=body, headers=as_(Role.OPERATOR, if_match='"1"'))

    assert (without.status_code, slug(without)) == (428, "if-match-required")
    assert (outdated.status_code, slug(outdated)) == (412, "version-changed")


async def test_a_repeated_request_with_its_key_gets_the_first_answer(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    version = (await registry.record(applicant.person_id)).version
    headers = as_(Role.OPERATOR, if_match=version, idempotency_key="once")
    path = f"{PEOPLE}/{applicant.person_id}/status-changes"
    body = {"status": "blocked", "reason_code": "fraud_suspected"}

    first = await http.post(path, json=body, headers=headers)
    second = await http.post(path, json=body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


BAD_BODIES: tuple[dict[str, str], ...] = (
    {},
    {"status": "blocked"},
    {"status": "active", "reason_code": "other"},
    {"status": "blocked", "reason_code": "because"},
    {"status": "blocked", "reason_code": "other", "note": " "},
    {"status": "blocked", "reason_code": "other", "note": "x" * 2001},
    {"status": "blocked", "reason_code": "other", "kind": "customer"},
)


async def test_a_body_with_a_mistake_is_refused_by_field(http: httpx2.AsyncClient) -> None:
    path = f"{PEOPLE}/{uuid4()}/status-changes"
    for body in BAD_BODIES:
        answer = await http.post(path, json=body, headers=as_(Role.OPERATOR, if_match=1))

        assert (answer.status_code, slug(answer)) == (422, "request-invalid"), body
        assert answer.json()["errors"]


async def test_every_route_needs_a_permission(registry: RegistryUnderTest) -> None:
    app = app_of(registry)

    assert unguarded_routes(app) == []
    assert guarded_routes(app) == {route: {needed} for route, needed in ROUTES.items()}


def test_every_problem_has_a_title_in_both_languages() -> None:
    assert untitled_problems("vinculo.customer_registry") == []


async def test_the_headers_that_routes_read_are_described(registry: RegistryUnderTest) -> None:
    assert misdescribed_headers(app_of(registry)) == []


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_what_its_permissions_say(http: httpx2.AsyncClient, role: Role) -> None:
    for route, needed in ROUTES.items():
        answer = await call(http, route, as_(role, if_match=1))

        assert answer.status_code == (404 if needed in PERMISSIONS[role] else 403), route


async def test_nobody_gets_in_without_a_token(http: httpx2.AsyncClient) -> None:
    for route in ROUTES:
        answer = await call(http, route, {})

        assert (answer.status_code, slug(answer)) == (401, "token-missing"), route


async def call(http: httpx2.AsyncClient, route: str, headers: dict[str, str]) -> httpx2.Response:
    method, _, path = route.partition(" ")
    return await http.request(
        method,
        path.format(person_id=uuid4(), erasure_id=uuid4()),
        json=BODIES.get(route),
        params={"reason_code": "left_staff"} if method == "DELETE" else None,
        headers=headers,
    )
