"""What operations do with a payer of the catalogue, over HTTP."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.eventstore import StoredEvent
from vinculo.httpapi.testing import lose_answers

from .service_under_test import Service, employment_body

pytestmark = pytest.mark.servers

TYPED: dict[str, Any] = {"payer_id": None, "payer": {"name": "X", "tax_id": "891800846-1"}}
SUSPENSION = {"reason_code": "agreement_ended"}


async def order(  # noqa: PLR0917 - one for every part of a request
    service: Service,
    payer_id: UUID,
    path: str,
    body: Any = None,
    version: int | None = 1,
    method: str = "POST",
    **headers: str,
) -> httpx2.Response:
    sent = service.staff_header(Role.OPERATOR)
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    if version is not None:
        sent["if-match"] = f'W/"{version}"'
    address = f"/onboarding/v1/payers/{payer_id}{path}"
    return await service.client.request(method, address, json=body, headers=sent)


async def events(service: Service, payer_id: UUID) -> list[StoredEvent]:
    return await service.dependencies.store.read(f"payer-{payer_id}")


async def test_what_is_given_changes_and_the_rest_stays(service: Service) -> None:
    operator = service.staff_header(Role.OPERATOR)
    body = {
        "name": "Fondo del Café",
        "tax_id": "860034313-7",
        "agreement": "Convenio 12",
        "contact": {"name": "Nómina", "phone": "601 765 4321"},
    }
    payer_id = UUID((await service.post("payers", body, **operator)).json()["payer_id"])
    change = {"name": "Fondo de Pensiones del Café", "agreement": None}
    answer = await order(service, payer_id, "", change, method="PATCH")
    shown = await service.get(f"payers/{payer_id}", **operator)

    assert answer.status_code == 200
    assert answer.headers["etag"] == shown.headers["etag"] == 'W/"2"'
    assert shown.json() == {
        "payer_id": str(payer_id),
        "name": "Fondo de Pensiones del Café",
        "tax_id": "860034313-7",
        "status": "active",
        "contact": {"name": "Nómina", "phone": "+576017654321"},
    }
    assert (await events(service, payer_id))[-1].type == "payer-changed.v1"


async def test_applicants_are_not_told_of_agreements(service: Service) -> None:
    payer_id = await service.payer()
    await order(service, payer_id, "", {"agreement": "Convenio 12"}, method="PATCH")
    answer = await service.get(f"payers/{payer_id}", **service.staff_header(Role.APPLICANT))

    assert set(answer.json()) == {"payer_id", "name", "tax_id", "status"}


async def test_a_tax_id_that_another_payer_has_is_refused_on_a_change(service: Service) -> None:
    await service.payer("Fondo del Café", "860034313-7")
    payer_id = await service.payer()
    answer = await order(service, payer_id, "", {"tax_id": "860.034.313-7"}, method="PATCH")

    assert answer.status_code == 409
    assert len(await events(service, payer_id)) == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": " "}, "name", "text_empty"),
        ({"name": None}, "name", "not_text"),
        ({"tax_id": "1"}, "tax_id", "tax_id_malformed"),
        ({"contact": {"name": "A", "phone": "1"}}, "contact.phone", "phone_malformed"),
        ({"status": "active"}, "status", "unknown_field"),
    ],
)
async def test_a_malformed_change_is_refused(
    service: Service, change: dict[str, Any], field: str, code: str
) -> None:
    answer = await order(service, await service.payer(), "", change, method="PATCH")
    faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]

    assert (answer.status_code, faults) == (422, [(field, code)])


async def test_nobody_declares_a_suspended_payer_anew(service: Service) -> None:
    payer_id = await service.payer()
    _, session = await service.active()
    suspended = await order(service, payer_id, "/suspensions", SUSPENSION)
    refused = await service.put("me/employment", employment_body(payer_id), **session)
    typed = employment_body(payer_id) | TYPED
    refused_too = await service.put("me/employment", typed, **session)
    found = await service.get("payers", **session)
    reinstated = await order(service, payer_id, "/reinstatements", version=2)
    declared = await service.put("me/employment", employment_body(payer_id), **session)

    assert (suspended.status_code, suspended.json()["status"]) == (201, "suspended")
    assert refused.json()["errors"][0]["code"] == "payer_suspended"
    assert refused_too.json()["errors"][0]["code"] == "payer_suspended"
    assert found.json() == {"items": []}
    assert (reinstated.status_code, reinstated.json()["status"]) == (201, "active")
    assert declared.status_code == 200


async def test_only_what_was_seen_is_changed(service: Service) -> None:
    payer_id = await service.payer()

    assert (await order(service, payer_id, "/suspensions", SUSPENSION, None)).status_code == 428
    assert (await order(service, payer_id, "/suspensions", SUSPENSION, 2)).status_code == 412
    assert len(await events(service, payer_id)) == 1


async def test_a_payer_that_does_not_exist_is_not_found(service: Service) -> None:
    for path, method, body in (
        ("", "PATCH", {"name": "A"}),
        ("/suspensions", "POST", SUSPENSION),
        ("/reinstatements", "POST", None),
        ("/acceptance", "POST", {"name": "A", "tax_id": "891800846-1"}),
        ("/refusal", "POST", {"reason_code": "other"}),
    ):
        answer = await order(service, UUID(int=9), path, body, 1, method)
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "urn:vinculo:problem:payer-unknown",
        )


async def test_a_payer_in_the_catalogue_is_no_proposal(service: Service) -> None:
    answer = await order(service, await service.payer(), "/refusal", {"reason_code": "other"})

    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:vinculo:problem:payer-not-proposed",
    )


async def test_a_repeated_order_gives_the_first_answer(service: Service) -> None:
    payer_id = await service.payer()
    answers = [
        await order(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await events(service, payer_id)) == 2


async def test_an_order_whose_answer_was_lost_in_a_crash_is_answered_and_not_done_again(
    service: Service,
) -> None:
    payer_id = await service.payer()
    first = await order(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")
    await order(service, payer_id, "/reinstatements", version=2)
    await lose_answers(service.dependencies.database)
    again = await order(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert [event.type for event in await events(service, payer_id)] == [
        "payer-registered.v1",
        "payer-suspended.v1",
        "payer-reinstated.v1",
    ]


async def test_payers_are_never_deleted(service: Service) -> None:
    answer = await order(service, await service.payer(), "", method="DELETE")

    assert answer.status_code == 405
