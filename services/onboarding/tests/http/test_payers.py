"""The catalogue of payers over HTTP, with the version in If-Match."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.eventstore import StoredEvent
from vinculo.httpapi.testing import discard_saved_responses
from vinculo.onboarding.storage.tables import payers

from ..service_fixture import ServiceFixture, employment_body

pytestmark = pytest.mark.servers

TYPED: dict[str, Any] = {"payer_id": None, "payer": {"name": "X", "tax_id": "891800846-1"}}

SUSPENSION = {"reason_code": "agreement_ended"}

PAYER_BODY = {
    "name": "Fondo de Pensiones del Café",
    "tax_id": "860.034.313-7",
    "agreement": "Convenio 12",
    "contact": {"name": "Nómina", "phone": "601 765 4321", "email": "nomina@example.com"},
}

MALFORMED_PAYERS: list[tuple[dict[str, Any], str, str]] = [
    ({"tax_id": "860034313-8"}, "tax_id", "check_digit_wrong"),
    ({"tax_id": "abc"}, "tax_id", "tax_id_malformed"),
    ({"name": " "}, "name", "text_empty"),
    ({"contact": {"name": "A", "email": "x"}}, "contact.email", "email_malformed"),
    ({"color": "red"}, "color", "unknown_field"),
]


async def run_command(  # noqa: PLR0917 - one for every part of a request
    service: ServiceFixture,
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


async def payer_events(service: ServiceFixture, payer_id: UUID) -> list[StoredEvent]:
    return await service.dependencies.store.read(f"payer-{payer_id}")


async def test_given_fields_change_and_the_others_stay(service: ServiceFixture) -> None:
    operator = service.staff_header(Role.OPERATOR)
    body = {
        "name": "Fondo del Café",
        "tax_id": "860034313-7",
        "agreement": "Convenio 12",
        "contact": {"name": "Nómina", "phone": "601 765 4321"},
    }
    payer_id = UUID((await service.post("payers", body, **operator)).json()["payer_id"])
    change = {"name": "Fondo de Pensiones del Café", "agreement": None}
    response = await run_command(service, payer_id, "", change, method="PATCH")
    shown = await service.get(f"payers/{payer_id}", **operator)

    assert response.status_code == 200
    assert response.headers["etag"] == shown.headers["etag"] == 'W/"2"'
    assert shown.json() == {
        "payer_id": str(payer_id),
        "name": "Fondo de Pensiones del Café",
        "tax_id": "860034313-7",
        "status": "active",
        "contact": {"name": "Nómina", "phone": "+576017654321"},
    }
    assert (await payer_events(service, payer_id))[-1].type == "payer-changed.v1"


async def test_applicants_do_not_see_agreements(service: ServiceFixture) -> None:
    payer_id = await service.payer()
    await run_command(service, payer_id, "", {"agreement": "Convenio 12"}, method="PATCH")
    response = await service.get(f"payers/{payer_id}", **service.staff_header(Role.APPLICANT))

    assert set(response.json()) == {"payer_id", "name", "tax_id", "status"}


async def test_a_tax_id_that_another_payer_has_is_refused_on_a_change(
    service: ServiceFixture,
) -> None:
    await service.payer("Fondo del Café", "860034313-7")
    payer_id = await service.payer()
    response = await run_command(service, payer_id, "", {"tax_id": "860.034.313-7"}, method="PATCH")

    assert response.status_code == 409
    assert len(await payer_events(service, payer_id)) == 1


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
    service: ServiceFixture, change: dict[str, Any], field: str, code: str
) -> None:
    response = await run_command(service, await service.payer(), "", change, method="PATCH")
    faults = [(error["field"], error["code"]) for error in response.json()["errors"]]

    assert (response.status_code, faults) == (422, [(field, code)])


async def test_a_suspended_payer_cannot_be_declared(service: ServiceFixture) -> None:
    payer_id = await service.payer()
    _, session = await service.active()
    suspended = await run_command(service, payer_id, "/suspensions", SUSPENSION)
    refused = await service.put("me/employment", employment_body(payer_id), **session)
    typed = employment_body(payer_id) | TYPED
    refused_too = await service.put("me/employment", typed, **session)
    found = await service.get("payers", **session)
    reinstated = await run_command(service, payer_id, "/reinstatements", version=2)
    declared = await service.put("me/employment", employment_body(payer_id), **session)

    assert (suspended.status_code, suspended.json()["status"]) == (201, "suspended")
    assert refused.json()["errors"][0]["code"] == "payer_suspended"
    assert refused_too.json()["errors"][0]["code"] == "payer_suspended"
    assert found.json() == {"items": []}
    assert (reinstated.status_code, reinstated.json()["status"]) == (201, "active")
    assert declared.status_code == 200


async def test_only_the_seen_version_is_changed(service: ServiceFixture) -> None:
    payer_id = await service.payer()

    assert (
        await run_command(service, payer_id, "/suspensions", SUSPENSION, None)
    ).status_code == 428
    assert (await run_command(service, payer_id, "/suspensions", SUSPENSION, 2)).status_code == 412
    assert len(await payer_events(service, payer_id)) == 1


async def test_a_payer_that_does_not_exist_is_not_found(service: ServiceFixture) -> None:
    for path, method, body in (
        ("", "PATCH", {"name": "A"}),
        ("/suspensions", "POST", SUSPENSION),
        ("/reinstatements", "POST", None),
        ("/acceptance", "POST", {"name": "A", "tax_id": "891800846-1"}),
        ("/refusal", "POST", {"reason_code": "other"}),
    ):
        response = await run_command(service, UUID(int=9), path, body, 1, method)
        assert (response.status_code, response.json()["type"]) == (
            404,
            "urn:vinculo:problem:payer-unknown",
        )


async def test_a_payer_in_the_catalogue_is_no_proposal(service: ServiceFixture) -> None:
    response = await run_command(
        service, await service.payer(), "/refusal", {"reason_code": "other"}
    )

    assert (response.status_code, response.json()["type"]) == (
        409,
        "urn:vinculo:problem:payer-not-proposed",
    )


async def test_a_repeated_command_gives_the_first_response(service: ServiceFixture) -> None:
    payer_id = await service.payer()
    responses = [
        await run_command(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")
        for _ in range(2)
    ]

    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].json() == responses[1].json()
    assert len(await payer_events(service, payer_id)) == 2


async def test_a_command_with_a_response_lost_in_a_crash_is_not_run_again(
    service: ServiceFixture,
) -> None:
    payer_id = await service.payer()
    first = await run_command(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")
    await run_command(service, payer_id, "/reinstatements", version=2)
    await discard_saved_responses(service.dependencies.database)
    again = await run_command(service, payer_id, "/suspensions", SUSPENSION, idempotency_key="k")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert [event.type for event in await payer_events(service, payer_id)] == [
        "payer-registered.v1",
        "payer-suspended.v1",
        "payer-reinstated.v1",
    ]


async def test_payers_are_never_deleted(service: ServiceFixture) -> None:
    response = await run_command(service, await service.payer(), "", method="DELETE")

    assert response.status_code == 405


async def test_a_payer_is_registered_with_the_operators_id(service: ServiceFixture) -> None:
    session = service.staff_header(Role.OPERATOR)
    response = await service.post("payers", PAYER_BODY, **session)
    (event,) = await service.dependencies.store.read(f"payer-{response.json()['payer_id']}")

    assert response.status_code == 201
    assert event.type == "payer-registered.v1"
    assert event.data["tax_id"] == "860034313-7"
    assert event.data["contact_phone"] == "+576017654321"
    assert event.data["registered_by"] == "00000000-0000-0000-0000-000000000007"


async def test_an_idempotency_key_gives_the_same_payer(service: ServiceFixture) -> None:
    session = service.staff_header(Role.OPERATOR)
    responses = [
        await service.post("payers", PAYER_BODY, idempotency_key="k-1", **session) for _ in range(2)
    ]

    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].json() == responses[1].json()


async def test_a_malformed_payer_is_refused(service: ServiceFixture) -> None:
    session = service.staff_header(Role.ADMIN)
    for change, field, code in MALFORMED_PAYERS:
        response = await service.post("payers", {**PAYER_BODY, **change}, **session)
        faults = [(error["field"], error["code"]) for error in response.json()["errors"]]

        assert (response.status_code, faults) == (422, [(field, code)])
    assert await service.rows(payers) == 0


async def test_the_number_of_payers_found_is_bounded(service: ServiceFixture) -> None:
    await service.payer("Alcaldía de Tunja", "891800846-1")
    await service.payer("Alcaldía de Cali", "890399011-3")
    session = service.staff_header(Role.VIEWER)

    some = await service.get("payers?limit=1", **session)
    too_many = await service.get("payers?limit=1000", **session)

    assert [item["name"] for item in some.json()["items"]] == ["Alcaldía de Cali"]
    assert too_many.status_code == 422
