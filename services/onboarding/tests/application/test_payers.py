"""Payers that applicants type in are proposed once and decided by operations."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.onboarding.storage.tables import payers

from ..service_fixture import ServiceFixture, employment_body

pytestmark = pytest.mark.servers

TAX_ID = "891800846-1"

OTHER_TAX_ID = "860034313-7"

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"reason_code": "duplicate"}, "same_payer_not_named"),
    ({"reason_code": "other", "same_as": str(UUID(int=1))}, "same_payer_not_named"),
    ({"reason_code": "duplicate", "same_as": str(UUID(int=1))}, "payer_unknown"),
]

PAYER_BODY = {
    "name": "Fondo de Pensiones del Café",
    "tax_id": "860.034.313-7",
    "agreement": "Convenio 12",
    "contact": {"name": "Nómina", "phone": "601 765 4321", "email": "nomina@example.com"},
}


async def declared(service: ServiceFixture, session: dict[str, str], **typed: Any) -> UUID:
    body = employment_body(UUID(int=0)) | {"payer_id": None, "payer": typed}
    response = await service.put("me/employment", body, **session)
    assert response.status_code == 200, response.text
    shown = (await service.get("me/application", **session)).json()
    return UUID(shown["employment"]["payer_id"])


async def decide(
    service: ServiceFixture, payer_id: UUID, path: str, body: Any, version: int = 1, **headers: str
) -> Any:
    session = service.staff_header(Role.OPERATOR) | {"if-match": f'"{version}"'}
    return await service.post(f"payers/{payer_id}/{path}", body, **session, **headers)


async def found_names(service: ServiceFixture, query: str) -> list[str]:
    session = service.staff_header(Role.APPLICANT)
    response = await service.get(f"payers?q={query}", **session)
    assert response.status_code == 200
    return [item["name"] for item in response.json()["items"]]


async def test_a_typed_payer_is_proposed_and_declared(service: ServiceFixture) -> None:
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


async def test_a_proposal_is_found_by_operators_only(service: ServiceFixture) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital San Rafael", tax_id=TAX_ID)
    operator = service.staff_header(Role.OPERATOR)

    applicant_view = await service.get("payers?q=hospital", **session)
    proposed = await service.get("payers?status=proposed&q=rafael", **operator)
    forbidden = await service.get("payers?status=proposed", **session)
    single = await service.get(f"payers/{payer_id}", **session)
    whole = await service.get(f"payers/{payer_id}", **operator)

    assert applicant_view.json() == {"items": []}
    assert [item["payer_id"] for item in proposed.json()["items"]] == [str(payer_id)]
    assert forbidden.status_code == 403
    assert single.status_code == 404
    assert (whole.json()["status"], whole.headers["etag"]) == ("proposed", 'W/"1"')


async def test_one_name_or_tax_id_is_one_proposal_of_all_applicants(
    service: ServiceFixture,
) -> None:
    _, first = await service.active()
    _, second = await service.active(document_number="52345678", email="eva@example.com")
    payer_id = await declared(service, first, name="Hospital San Rafaél")

    assert await declared(service, second, name="hospital  SAN rafael") == payer_id
    assert await declared(service, second, name="Hospital San Rafael", tax_id=TAX_ID) == payer_id
    assert await declared(service, first, name="E.S.E. Hospital", tax_id=TAX_ID) == payer_id
    other = await declared(service, first, name="Hospital San Rafael", tax_id=OTHER_TAX_ID)
    assert other != payer_id
    assert await service.rows(payers) == 2


async def test_concurrent_entries_of_one_payer_make_one_proposal(service: ServiceFixture) -> None:
    people = [
        await service.active(document_number=f"5234567{n}", email=f"eva{n}@example.com")
        for n in range(4)
    ]
    ids = await asyncio.gather(
        *(declared(service, session, name="Hospital", tax_id=TAX_ID) for _, session in people)
    )

    assert len(set(ids)) == 1


async def test_a_tax_id_of_the_catalogue_is_that_payer(service: ServiceFixture) -> None:
    payer_id = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()

    assert await declared(service, session, name="Alcaldía", tax_id="891.800.846-1") == payer_id


async def test_an_accepted_proposal_is_listed_and_found_by_its_first_name(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    body = {"name": "E.S.E. Hospital San Rafael", "tax_id": TAX_ID}
    response = await decide(service, payer_id, "acceptance", body)

    assert response.json() == {"payer_id": str(payer_id), "status": "active", "version": 2}
    found = (await service.get("payers?q=rafael", **session)).json()["items"]
    assert [item["payer_id"] for item in found] == [str(payer_id)]
    assert await declared(service, session, name="hospital") == payer_id


async def test_a_tax_id_that_another_payer_has_is_refused_on_acceptance(
    service: ServiceFixture,
) -> None:
    holder = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    response = await decide(service, payer_id, "acceptance", {"name": "Hospital", "tax_id": TAX_ID})

    assert response.status_code == 409
    assert response.json()["type"].endswith("payer-registered-already")
    assert response.json()["payer_id"] == str(holder)


async def test_a_proposed_tax_id_is_accepted_and_not_registered_beside(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital", tax_id=TAX_ID)
    operator = service.staff_header(Role.OPERATOR)
    response = await service.post("payers", {"name": "Hospital", "tax_id": TAX_ID}, **operator)

    assert response.status_code == 409
    assert response.json()["type"].endswith("payer-proposed-already")
    assert response.json()["payer_id"] == str(payer_id)


async def test_of_a_refused_duplicate_the_surviving_payer_is_shown(service: ServiceFixture) -> None:
    survivor = await service.payer("Alcaldía de Tunja", TAX_ID)
    _, session = await service.active()
    payer_id = await declared(service, session, name="Municipio de Tunja")
    body = {"reason_code": "duplicate", "same_as": str(survivor)}
    response = await decide(service, payer_id, "refusal", body)
    employment = (await service.get("me/application", **session)).json()["employment"]

    assert response.json()["status"] == "refused"
    assert employment["payer_id"] == str(payer_id)
    assert employment["payer"]["name"] == "Alcaldía de Tunja"
    assert await declared(service, session, name="municipio de tunja") == survivor


async def test_a_refused_payer_cannot_be_declared_again(service: ServiceFixture) -> None:
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
        response = await service.put("me/employment", employment_body(payer_id) | choice, **session)
        faults = [(error["field"], error["code"]) for error in response.json()["errors"]]
        assert (response.status_code, faults) == (422, [(field, "payer_refused")])


async def test_a_duplicate_names_a_payer_of_the_catalogue(service: ServiceFixture) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital")
    itself = ({"reason_code": "duplicate", "same_as": str(payer_id)}, "payer_unknown")
    for body, code in (*REFUSALS, itself):
        response = await decide(service, payer_id, "refusal", body)
        assert response.status_code == 422
        assert [error["code"] for error in response.json()["errors"]] == [code]


async def test_a_tax_id_is_registered_once(service: ServiceFixture) -> None:
    session = service.staff_header(Role.OPERATOR)
    responses = await asyncio.gather(
        *(service.post("payers", {**PAYER_BODY, "name": f"Fondo {n}"}, **session) for n in range(6))
    )

    assert sorted(response.status_code for response in responses) == [201, *[409] * 5]
    assert await service.rows(payers) == 1


async def test_payers_are_found_by_the_beginnings_of_words_without_accents(
    service: ServiceFixture,
) -> None:
    await service.payer("Alcaldía de Tunja", "891800846-1")
    await service.payer("Fondo de Pensiones del Café", "860034313-7")

    assert await found_names(service, "pens cafe") == ["Fondo de Pensiones del Café"]
    assert await found_names(service, "ALCALDIA") == ["Alcaldía de Tunja"]
    assert await found_names(service, "de") == ["Alcaldía de Tunja", "Fondo de Pensiones del Café"]
    assert await found_names(service, "unja") == []
    assert await found_names(service, "%25") == ["Alcaldía de Tunja", "Fondo de Pensiones del Café"]


@pytest.mark.parametrize(
    "query",
    [
        *("textiles quebrada honda sas", "textiles quebrada honda", "quebradahonda"),
        *("900123462", "900123462-2", "900.123.462-2", "900 123 462", "NIT 9001234622"),
    ],
)
async def test_a_payer_is_found_without_dots_and_by_its_tax_id(
    service: ServiceFixture, query: str
) -> None:
    await service.payer("Textiles Quebrada Honda S.A.S.", "900123462-2")
    await service.payer("Textiles Peña Honda Ltda.", "891800846-1")

    assert await found_names(service, query) == ["Textiles Quebrada Honda S.A.S."]


async def test_proposed_and_changed_payers_are_found_by_their_tax_id(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    payer_id = await declared(service, session, name="Hospital Santa Elisa E.S.E.", tax_id=TAX_ID)
    operator = service.staff_header(Role.OPERATOR)

    async def found(query: str) -> list[str]:
        response = await service.get(f"payers?status=proposed&status=active&q={query}", **operator)
        return [item["payer_id"] for item in response.json()["items"]]

    assert await found("891.800.846") == [str(payer_id)]
    accepted = await decide(service, payer_id, "acceptance", PAYER_BODY)
    assert accepted.status_code == 200
    assert await found("891.800.846") == []
    assert await found("860034313") == await found("pensiones cafe") == [str(payer_id)]


async def test_payers_are_in_spanish_order(service: ServiceFixture) -> None:
    for name, tax_id in (
        ("Ñame Ltda.", "891800846-1"),
        ("Oro S.A.", "860034313-7"),
        ("Łódź S.A.", "900123462-2"),
        ("Nube S.A.", "890399011-3"),
    ):
        await service.payer(name, tax_id)

    assert await found_names(service, "") == ["Łódź S.A.", "Nube S.A.", "Ñame Ltda.", "Oro S.A."]


async def test_names_that_differ_in_dots_and_letters_are_one_proposal(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    _, other = await service.active(document_number="52345678", email="eva@example.com")

    first = await declared(service, session, name="Textiles Łódź S.A.S.")
    assert await declared(service, other, name="TEXTILES LODZ SAS") == first
