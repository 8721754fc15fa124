"""Dates of birth of people who may borrow, which each project may limit more narrowly."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from vinculo.values.invalid_value import InvalidValue

ADULT_AGE_YEARS: Final = 18
MAX_AGE_YEARS: Final = 120


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """Both in completed years, and both inclusive."""

    youngest: int = ADULT_AGE_YEARS
    oldest: int = MAX_AGE_YEARS


ADULTS: Final = AgeLimits()


def adult_birth_date(born: date, today: date, limits: AgeLimits = ADULTS) -> date:
    if born > today:
        raise InvalidValue("birth_date_in_future")
    age = age_in_years(born, today)
    if age > MAX_AGE_YEARS:
        raise InvalidValue("birth_date_implausible")
    if age < limits.youngest:
        raise InvalidValue("under_age", years=limits.youngest)
    if age > limits.oldest:
        raise InvalidValue("over_age", years=limits.oldest)
    return born


def age_in_years(born: date, today: date) -> int:
    """Who was born on 29 February grows older on 1 March of other years."""
    before_birthday = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - before_birthday


def age_limits(text: str) -> dict[str, AgeLimits]:
    """Limits by project, out of `default:18-75,express:21-60`. Raises ValueError."""
    limits: dict[str, AgeLimits] = {}
    for part in text.split(","):
        project, _, ages = part.strip().partition(":")
        youngest, _, oldest = ages.partition("-")
        if not (project and youngest.isdecimal() and oldest.isdecimal()):
            raise ValueError(f"{part.strip()!r} is not like 'default:18-75'")
        if project in limits:
            raise ValueError(f"{project!r} stands there twice")
        limits[project] = AgeLimits(int(youngest), int(oldest))
        if not 1 <= limits[project].youngest <= limits[project].oldest <= MAX_AGE_YEARS:
            raise ValueError(f"{ages!r} are no ages from 1 to {MAX_AGE_YEARS}")
    return limits
