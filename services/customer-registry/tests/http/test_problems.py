"""The table from refusals to problems, and the titles of the problems."""

from vinculo.customer_registry.domain.customer_refusals import CustomerRefused, NotPending
from vinculo.customer_registry.http.problems import REFUSALS
from vinculo.customer_registry.messages import MESSAGES
from vinculo.httpapi.catalogue import PROBLEM
from vinculo.httpapi.testing import untitled_problems


def test_every_problem_has_a_title_in_all_languages() -> None:
    assert untitled_problems("vinculo.customer_registry") == []
    for language in MESSAGES.languages:
        assert all(MESSAGES.text(PROBLEM, key, language) for key in MESSAGES.keys(PROBLEM))


def test_every_refusal_of_a_request_has_a_problem() -> None:
    """Promotion is not requested by anyone, so `NotPending` never reaches a client."""
    assert set(CustomerRefused.__subclasses__()) - REFUSALS.keys() == {NotPending}
