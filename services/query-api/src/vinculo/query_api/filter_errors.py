"""Refused parameters of a query: the field and a code, which the message catalogue translates."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldRefusalCode(StrEnum):
    """Keys of the catalogue's context `field-error`; `not_allowed` is that of all services."""

    NOT_IN_THIS_LIST = "not_in_this_list"
    NOT_OF_THIS_LIST = "not_of_this_list"
    NOT_OF_THIS_QUERY = "not_of_this_query"
    TOO_MANY_WORDS = "too_many_words"
    PRESET_AND_DATES = "preset_and_dates"
    DATES_REVERSED = "dates_reversed"
    TOO_MANY_DAYS = "too_many_days"
    NOT_SORTABLE = "not_sortable"
    ONLY_FOR_CSV = "only_for_csv"
    NAME_TAKEN = "name_taken"
    NOT_COLUMNS = "not_columns"
    NOT_KEPT = "not_kept"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class FieldRefusal:
    """`value` fills the text's placeholder; it is never what the client sent."""

    field: str
    code: FieldRefusalCode
    value: str | int = ""


class FilterInvalid(Exception):
    def __init__(self, *refusals: FieldRefusal) -> None:
        super().__init__(", ".join(f"{refusal.field}: {refusal.code}" for refusal in refusals))
        self.refusals: Sequence[FieldRefusal] = refusals


PERIOD_CODES: Final = frozenset(
    {FieldRefusalCode.DATES_REVERSED, FieldRefusalCode.NOT_OF_THIS_QUERY}
)
DAYS_CODES: Final = frozenset({FieldRefusalCode.DATES_REVERSED, FieldRefusalCode.TOO_MANY_DAYS})
FUNNEL_CODES: Final = DAYS_CODES | {
    FieldRefusalCode.PRESET_AND_DATES,
    FieldRefusalCode.NOT_ALLOWED,
}
_OF_PREFERENCES: Final = {
    FieldRefusalCode.NAME_TAKEN,
    FieldRefusalCode.NOT_COLUMNS,
    FieldRefusalCode.NOT_KEPT,
}
LIST_CODES: Final = frozenset(FieldRefusalCode) - {
    FieldRefusalCode.ONLY_FOR_CSV,
    FieldRefusalCode.TOO_MANY_DAYS,
    *_OF_PREFERENCES,
}
PREFERENCE_CODES: Final = LIST_CODES - {FieldRefusalCode.NOT_OF_THIS_QUERY} | _OF_PREFERENCES
EXPORT_CODES: Final = LIST_CODES - {FieldRefusalCode.NOT_OF_THIS_QUERY} | {
    FieldRefusalCode.NOT_COLUMNS,
    FieldRefusalCode.ONLY_FOR_CSV,
}
