"""Dates of birth: adults only, with narrower age limits per project."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from vinculo.values.invalid_value import InvalidValue

ADULT_AGE_YEARS: Final = 18
MAX_AGE_YEARS: Final = 120


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """In completed years, both inclusive."""

    min_years: int = ADULT_AGE_YEARS
    max_years: int = MAX_AGE_YEARS


ADULTS: Final = AgeLimits()


def adult_birth_date(born: date, today: date, limits: AgeLimits = ADULTS) -> date:
    """The date of birth, if the age is within the limits.

    Raises:
        InvalidValue: `birth_date_in_future`, `birth_date_implausible`, `under_age` or `over_age`.

    """
    if born > today:
        raise InvalidValue("birth_date_in_future")
    age = age_in_years(born, today)
    if age > MAX_AGE_YEARS:
        raise InvalidValue("birth_date_implausible")
    if age < limits.min_years:
        raise InvalidValue("under_age", years=limits.min_years)
    if age > limits.max_years:
        raise InvalidValue("over_age", years=limits.max_years)
    return born


def age_in_years(born: date, today: date) -> int:
    """The age in completed years. People born on 29 February have their birthday on 1 March."""
    before_birthday = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - before_birthday


def age_limits(text: str) -> dict[str, AgeLimits]:
    """Limits by project, from text such as `default:18-75,express:21-60`.

    Raises:
        ValueError: the text is not valid.

    """
    limits: dict[str, AgeLimits] = {}
    for part in text.split(","):
        project, _, ages = part.strip().partition(":")
        youngest, _, oldest = ages.partition("-")
        if not (project and youngest.isdecimal() and oldest.isdecimal()):
            raise ValueError(f"{part.strip()!r} is not like 'default:18-75'")
        if project in limits:
            raise ValueError(f"{project!r} is named twice")
        limits[project] = AgeLimits(int(youngest), int(oldest))
        if not 1 <= limits[project].min_years <= limits[project].max_years <= MAX_AGE_YEARS:
            raise ValueError(f"{ages!r} are no ages from 1 to {MAX_AGE_YEARS}")
    return limits
