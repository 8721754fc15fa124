from vinculo.documents.http.problems import REFUSALS
from vinculo.httpapi.catalogue import COMMON_MESSAGES, PROBLEM
from vinculo.httpapi.problem_types import types_of_refusal
from vinculo.httpapi.testing import untitled_problems
from vinculo.translation import load_catalogue


def test_every_problem_has_a_title_in_every_language() -> None:
    assert untitled_problems("vinculo.documents") == []


def test_the_catalogue_has_the_titles_of_the_table_and_no_others() -> None:
    problems = {
        problem.slug for refusal in REFUSALS for problem in types_of_refusal(refusal, REFUSALS)
    }
    titles = load_catalogue("vinculo.documents").keys(PROBLEM)

    assert problems - set(COMMON_MESSAGES.keys(PROBLEM)) == set(titles)


def test_a_temporary_problem_says_when_to_retry() -> None:
    retries = {
        problem.type: problem.retry_after_seconds
        for refusal, entry in REFUSALS.items()
        if not isinstance(entry, tuple)
        and any(each.retry_after for each in types_of_refusal(refusal, REFUSALS))
        for problem in [entry(None)]
    }

    assert retries == {
        "document-claim-not-ready": 1,
        "dossier-not-open": 1,
        "files-unavailable": 5,
        "preview-busy": 5,
        "too-many-uploads": 60,
    }
