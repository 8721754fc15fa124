"""Payers that applicants type in, over HTTP: proposed once, decided by operations."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.onboarding.storage.tables import payers

from .service_under_test import Service, employment_body

pytestmark = pytest.mark.servers

TAX_ID = "891800846-1"
OTHER_TAX_ID = "860034313-7"


async def declared(service: Service, session: dict[str, str], **typed: Any) -> UUID:
    body = employment_body(UUID(int=0)) | {"payer_id": None, "payer": typed}
    answer = await service.put("me/employment", body, **session)
    assert answer.status_code == 200, answer.text
    shown = (await service.get("me/application", **session)).json()
    return UUID(shown["employment"]["payer_id"])


async def decide(
    service: Service, payer_id: UUID, path: str, body: Any, version: int = 1, **headers: str
) -> Any:
    session = service.staff_header(Role.OPERATOR) | {"if-match": f'"{version}"'}
    return await service.post(f"payers/{payer_id}/{path}", body, **session, **headers)


async def test_a_typed_payer_is_proposed_and_declared(service: Service) -> None:
    person_id, session = await service.active()
    payer_id = await declared(service, session, name="Hospital San Rafael")
    (event,) = await service.dependencies.store.read(f"payer-{payer_id}")
    shown = (await service.get("me/application", **session)).json()["employment"]["payer"]

    assert event.type == "payer-proposed.v1"
    assert event.data["name"] == "Hospital San Rafael"
    assert event.data["proposed_by"] == str(person_id)
    assert shown == {
        "payer_id": str(payer_id),
        "name": "Hospital San Rafael",
        "status": "proposed",
    }


async def test_a_proposal_is_found_by_operators_and_by_nobody_else(service: Service) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital San Rafael", tax_id=TAX_ID)
    operator = service.staff_header(Role.OPERATOR)

    everybody = await service.get("payers?q=hospital", **session)
    proposed = await service.get("payers?status=proposed&q=rafael", **operator)
    forbidden = await service.get("payers?status=proposed", **session)
    single = await service.get(f"payers/{payer_id}", **session)
    whole = await service.get(f"payers/{payer_id}", **operator)

    assert everybody.json() == {"items": []}
    assert [item["payer_id"] for item in proposed.json()["items"]] == [str(payer_id)]
    assert forbidden.status_code == 403
    assert single.status_code == 404
    assert (whole.json()["status"], whole.headers["etag"]) == ("proposed", 'W/"1"')


async def test_one_name_or_tax_id_is_one_proposal_whoever_types_it(service: Service) -> None:
    _, first = await service.active()
    _, second = await service.active(document_number="52345678", email="eva@example.com")
    payer_id = await declared(service, first, name="Hospital San Rafaél")

    assert await declared(service, second, name="hospital  SAN rafael") == payer_id
    assert await declared(service, second, name="Hospital San Rafael", tax_id=TAX_ID) == payer_id
    assert await declared(service, first, name="E.S.E. Hospital", tax_id=TAX_ID) == payer_id
    other = await declared(service, first, name="Hospital San Rafael", tax_id=OTHER_TAX_ID)
    assert other != payer_id
    assert await service.rows(payers) == 2


async def test_many_who_type_one_payer_at_once_make_one_proposal(service: Service) -> None:
    people = [
        await service.active(document_number=f"5234567{n}", email=f"eva{n}@example.com")
        for n in range(4)
    ]
    ids = await asyncio.gather(
        *(declared(service, session, name="Hospital", tax_id=TAX_ID) for _, session in people)
    )

    assert len(set(ids)) == 1


async def test_a_tax_id_of_the_catalogue_is_that_payer(service: Service) -> None:
    payer_id = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()

    assert await declared(service, session, name="Alcaldía", tax_id="891.800.846-1") == payer_id


async def test_an_accepted_proposal_is_in_the_catalogue_and_known_by_its_first_name(
    service: Service,
) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    body = {"name": "E.S.E. Hospital San Rafael", "tax_id": TAX_ID}
    answer = await decide(service, payer_id, "acceptance", body)

    assert answer.json() == {"payer_id": str(payer_id), "status": "active", "version": 2}
    found = (await service.get("payers?q=rafael", **session)).json()["items"]
    assert [item["payer_id"] for item in found] == [str(payer_id)]
    assert await declared(service, session, name="hospital") == payer_id


async def test_a_tax_id_that_another_payer_has_is_refused_on_acceptance(service: Service) -> None:
    holder = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    answer = await decide(service, payer_id, "acceptance", {"name": "Hospital", "tax_id": TAX_ID})

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("payer-registered-already")
    assert answer.json()["payer_id"] == str(holder)


async def test_a_proposed_tax_id_is_accepted_and_not_registered_beside(service: Service) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital", tax_id=TAX_ID)
    operator = service.staff_header(Role.OPERATOR)
    answer = await service.post("payers", {"name": "Hospital", "tax_id": TAX_ID}, **operator)

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("payer-proposed-already")
    assert answer.json()["payer_id"] == str(payer_id)


async def test_of_a_refused_duplicate_the_surviving_payer_is_shown(service: Service) -> None:
    survivor = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()
    payer_id = await declared(service, session, name="Municipio de Tunja")
    body = {"reason_code": "duplicate", "same_as": str(survivor)}
    answer = await decide(service, payer_id, "refusal", body)
    employment = (await service.get("me/application", **session)).json()["employment"]

    assert answer.json()["status"] == "refused"
    assert employment["payer_id"] == str(payer_id)
    assert employment["payer"]["name"] == "Alcaldía de Tunja"
    assert await declared(service, session, name="municipio de tunja") == survivor


async def test_what_operations_refused_cannot_be_declared_anew(service: Service) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Mi primo", tax_id=TAX_ID)
    assert (
        await decide(service, payer_id, "refusal", {"reason_code": "not_a_payer"})
    ).status_code == 200

    for choice, field in (
        ({"payer": {"name": "Mi primo"}, "payer_id": None}, "payer"),
        ({"payer": {"name": "Otro", "tax_id": TAX_ID}, "payer_id": None}, "payer"),
        ({"payer_id": str(payer_id)}, "payer_id"),
    ):
        answer = await service.put("me/employment", employment_body(payer_id) | choice, **session)
        faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]
        assert (answer.status_code, faults) == (422, [(field, "payer_refused")])


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"reason_code": "duplicate"}, "same_payer_not_named"),
    ({"reason_code": "other", "same_as": str(UUID(int=1))}, "same_payer_not_named"),
    ({"reason_code": "duplicate", "same_as": str(UUID(int=1))}, "payer_unknown"),
]


async def test_a_duplicate_is_one_of_a_payer_in_the_catalogue(service: Service) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    itself = ({"reason_code": "duplicate", "same_as": str(payer_id)}, "payer_unknown")
    for body, code in (*REFUSALS, itself):
        answer = await decide(service, payer_id, "refusal", body)
        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == [code]
