from vinculo.httpapi.testing import untitled_problems
from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.http.messages import FAILURE_REASON
from vinculo.translation import load_catalogue


def test_every_problem_has_a_title_in_every_language() -> None:
    assert untitled_problems("vinculo.notifications") == []


def test_every_reason_of_a_failure_has_words() -> None:
    assert set(load_catalogue("vinculo.notifications").keys(FAILURE_REASON)) == set(FailureReason)
