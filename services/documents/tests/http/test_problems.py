from vinculo.documents.http.problems import REFUSALS
from vinculo.httpapi import Problem
from vinculo.httpapi.catalogue import COMMON_MESSAGES, PROBLEM
from vinculo.httpapi.testing import untitled_problems
from vinculo.translation import load_catalogue


def test_every_problem_has_a_title_in_every_language() -> None:
    assert untitled_problems("vinculo.documents") == []


def test_the_catalogue_has_the_titles_of_the_table_and_no_others() -> None:
    problems = {
        entry[1] if isinstance(entry, tuple) else entry(None).type for entry in REFUSALS.values()
    }
    titles = load_catalogue("vinculo.documents").keys(PROBLEM)

    assert problems - set(COMMON_MESSAGES.keys(PROBLEM)) == set(titles)


def test_a_temporary_problem_says_when_to_retry() -> None:
    retries = {
        problem.type: problem.retry_after_seconds
        for entry in REFUSALS.values()
        if isinstance(problem := None if isinstance(entry, tuple) else entry(None), Problem)
    }

    assert retries == {
        "dossier-not-open": 1,
        "files-unavailable": 5,
        "screening-busy": 5,
        "too-many-uploads": 60,
    }
