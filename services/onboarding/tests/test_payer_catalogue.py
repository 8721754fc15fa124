"""Payers over HTTP: unique by tax id, found while typing."""

import asyncio
from typing import Any

import pytest

from vinculo.access import Role
from vinculo.onboarding.storage.tables import payers

from .service_under_test import Service

pytestmark = pytest.mark.servers

BODY = {
    "name": "Fondo de Pensiones del Café",
    "tax_id": "860.034.313-7",
    "agreement": "Convenio 12",
    "contact": {"name": "Nómina", "phone": "601 765 4321", "email": "nomina@example.com"},
}


async def found(service: Service, query: str) -> list[str]:
    session = service.staff_header(Role.APPLICANT)
    answer = await service.get(f"payers?q={query}", **session)
    assert answer.status_code == 200
    return [item["name"] for item in answer.json()["items"]]


async def test_a_payer_is_registered_with_who_did_it(service: Service) -> None:
    session = service.staff_header(Role.OPERATOR)
    answer = await service.post("payers", BODY, **session)
    (event,) = await service.dependencies.store.read(f"payer-{answer.json()['payer_id']}")

    assert answer.status_code == 201
    assert event.type == "payer-registered.v1"
    assert event.data["tax_id"] == "860034313-7"
    assert event.data["contact_phone"] == "+576017654321"
    assert event.data["registered_by"] == "00000000-0000-0000-0000-000000000007"


async def test_a_tax_id_is_registered_once(service: Service) -> None:
    session = service.staff_header(Role.OPERATOR)
    answers = await asyncio.gather(
        *(service.post("payers", {**BODY, "name": f"Fondo {n}"}, **session) for n in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert await service.rows(payers) == 1


async def test_an_idempotency_key_gives_the_same_payer(service: Service) -> None:
    session = service.staff_header(Role.OPERATOR)
    answers = [
        await service.post("payers", BODY, idempotency_key="k-1", **session) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


MALFORMED: list[tuple[dict[str, Any], str, str]] = [
    ({"tax_id": "860034313-8"}, "tax_id", "check_digit_wrong"),
    ({"tax_id": "abc"}, "tax_id", "tax_id_malformed"),
    ({"name": " "}, "name", "text_empty"),
    ({"contact": {"name": "A", "email": "x"}}, "contact.email", "email_malformed"),
    ({"color": "red"}, "color", "unknown_field"),
]


async def test_a_malformed_payer_is_refused(service: Service) -> None:
    session = service.staff_header(Role.ADMIN)
    for change, field, code in MALFORMED:
        answer = await service.post("payers", {**BODY, **change}, **session)
        faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]

        assert (answer.status_code, faults) == (422, [(field, code)])
    assert await service.rows(payers) == 0


async def test_payers_are_found_by_the_beginnings_of_words_without_accents(
    service: Service,
) -> None:
    await service.payer("Alcaldía de Tunja", "891800846-1")
    await service.payer("Fondo de Pensiones del Café", "860034313-7")

    assert await found(service, "pens cafe") == ["Fondo de Pensiones del Café"]
    assert await found(service, "ALCALDIA") == ["Alcaldía de Tunja"]
    assert await found(service, "de") == ["Alcaldía de Tunja", "Fondo de Pensiones del Café"]
    assert await found(service, "unja") == []
    assert await found(service, "%25") == ["Alcaldía de Tunja", "Fondo de Pensiones del Café"]


async def test_the_number_of_payers_found_is_bounded(service: Service) -> None:
    await service.payer("Alcaldía de Tunja", "891800846-1")
    await service.payer("Alcaldía de Cali", "890399011-3")
    session = service.staff_header(Role.VIEWER)

    some = await service.get("payers?limit=1", **session)
    too_many = await service.get("payers?limit=1000", **session)

    assert [item["name"] for item in some.json()["items"]] == ["Alcaldía de Cali"]
    assert too_many.status_code == 422
