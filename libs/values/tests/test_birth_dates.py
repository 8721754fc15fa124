from datetime import date

import pytest

from vinculo.values.birth_dates import AgeLimits, adult_birth_date, age_limits

from .invalid_codes import invalid_code

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("born", "code"),
    [
        (date(2026, 3, 2), "birth_date_in_future"),
        (date(2008, 3, 2), "under_age"),
        (date(1905, 1, 1), "birth_date_implausible"),
    ],
)
def test_an_impossible_or_underage_birth_date_is_refused(born: date, code: str) -> None:
    assert invalid_code(lambda: adult_birth_date(born, TODAY)) == code


def test_the_age_of_majority_is_reached_on_the_eighteenth_birthday() -> None:
    assert adult_birth_date(date(2008, 3, 1), TODAY) == date(2008, 3, 1)
    assert (
        invalid_code(lambda: adult_birth_date(date(2008, 2, 29), date(2026, 2, 28))) == "under_age"
    )
    assert adult_birth_date(date(2008, 2, 29), TODAY)


def test_a_project_may_have_narrower_age_limits() -> None:
    narrow = AgeLimits(21, 75)

    assert adult_birth_date(date(2005, 3, 1), TODAY, narrow)
    assert adult_birth_date(date(1950, 3, 2), TODAY, narrow)
    assert invalid_code(lambda: adult_birth_date(date(2005, 3, 2), TODAY, narrow)) == "under_age"
    assert invalid_code(lambda: adult_birth_date(date(1950, 3, 1), TODAY, narrow)) == "over_age"


def test_age_limits_are_configured_by_project() -> None:
    assert age_limits("default:18-75, express:21-60") == {
        "default": AgeLimits(18, 75),
        "express": AgeLimits(21, 60),
    }
    for text in ("", "default", "default:18", "default:75-18", "default:0-9", "a:1-2,a:1-3"):
        with pytest.raises(ValueError, match=r"not like|twice|no ages"):
            age_limits(text)
