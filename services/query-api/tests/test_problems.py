"""Every problem of the service has a title in every language."""

from vinculo.httpapi.testing import untitled_problems
from vinculo.query_api.problems import REFUSALS
from vinculo.query_api.texts import catalogue

COMMON = {"forbidden", "idempotency-key-reused"}
"""Problem types whose titles are in the catalogue of all services."""


def test_every_problem_has_a_title() -> None:
    assert untitled_problems("vinculo.query_api") == []


def test_every_problem_type_of_the_table_has_a_title() -> None:
    types = {rule[1] for rule in REFUSALS.values() if isinstance(rule, tuple)}

    assert types - COMMON <= set(catalogue().keys("problem"))
