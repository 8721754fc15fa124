"""The reference of problems has every type, every title and every field error code."""

import pytest

from vinculo.documentation.reference.problems import (
    EVERY_SERVICE,
    ProblemType,
    catalogue_titles,
    field_error_codes,
    problem_types,
    problems_page,
)
from vinculo.httpapi.testing import untitled_problems
from vinculo.local.paths import ROOT
from vinculo.translation import load_catalogue

SERVICES = ("customer-registry", "documents", "notifications", "onboarding", "query-api")
PACKAGES = ("httpapi", "values", "onboarding", "documents", "customer_registry", "query_api")


@pytest.fixture(scope="module")
def found() -> dict[str, ProblemType]:
    return {each.slug: each for each in problem_types(ROOT)}


def test_the_types_are_those_that_have_titles(found: dict[str, ProblemType]) -> None:
    assert found.keys() == catalogue_titles(ROOT)
    assert all(untitled_problems(f"vinculo.{name.replace('-', '_')}") == [] for name in SERVICES)


def test_every_type_has_a_status_a_service_and_all_titles(found: dict[str, ProblemType]) -> None:
    for each in found.values():
        assert each.statuses
        assert each.services == (EVERY_SERVICE,) or {*each.services} <= {*SERVICES}, each.slug
        assert len(each.titles) == 2, each.slug
        assert all(each.titles), each.slug


@pytest.mark.parametrize(
    ("slug", "statuses", "services"),
    [
        ("link-used", (410,), ("onboarding", "query-api")),
        ("not-found", (404,), (EVERY_SERVICE,)),
        ("dossier-not-open", (409,), ("documents",)),
        ("payer-proposed-already", (409,), ("onboarding",)),
        ("payer-registered-already", (409,), ("onboarding",)),
        ("token-invalid", (401,), (EVERY_SERVICE,)),
    ],
)
def test_status_and_services_come_from_the_code(
    slug: str, statuses: tuple[int, ...], services: tuple[str, ...], found: dict[str, ProblemType]
) -> None:
    assert found[slug].statuses == statuses
    assert found[slug].services == services


def test_every_field_error_of_every_catalogue_is_there_in_both_languages() -> None:
    codes = {each.code: each.messages for each in field_error_codes(ROOT)}
    keys = {
        key for name in PACKAGES for key in load_catalogue(f"vinculo.{name}").keys("field-error")
    }

    assert codes.keys() == keys
    assert codes["required"] == ("Es obligatorio", "Is required")


def test_the_page_has_every_type_and_code(found: dict[str, ProblemType]) -> None:
    page = problems_page(ROOT)

    assert all(f"| `{slug}` |" in page for slug in found)
    assert all(f"| `{each.code}` |" in page for each in field_error_codes(ROOT))
