"""Dates of birth of people who may borrow."""

from datetime import date
from typing import Final

from vinculo.onboarding.fields.refusals import FieldRefused

ADULT_YEARS: Final = 18
OLDEST_YEARS: Final = 120


def adult_birth_date(born: date, today: date) -> date:
    if born > today:
        raise FieldRefused("birth_date_in_future")
    age = age_in_years(born, today)
    if age < ADULT_YEARS:
        raise FieldRefused("under_age")
    if age > OLDEST_YEARS:
        raise FieldRefused("birth_date_implausible")
    return born


def age_in_years(born: date, today: date) -> int:
    """Who was born on 29 February grows older on 1 March of other years."""
    before_birthday = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - before_birthday
