"""Refused parameters of a query: the field and a code, which the message catalogue translates."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FieldRefusalCode(StrEnum):
    """Keys of the catalogue's context `field-error`."""

    NOT_IN_THIS_LIST = "not_in_this_list"
    NOT_OF_THIS_LIST = "not_of_this_list"
    NOT_OF_THIS_QUERY = "not_of_this_query"
    TOO_MANY_WORDS = "too_many_words"
    PRESET_AND_DATES = "preset_and_dates"
    DATES_REVERSED = "dates_reversed"
    TOO_MANY_DAYS = "too_many_days"
    NOT_SORTABLE = "not_sortable"
    ONLY_FOR_CSV = "only_for_csv"


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
