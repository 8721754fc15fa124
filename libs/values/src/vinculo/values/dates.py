"""Dates in requests: `YYYY-MM-DD` only, because pydantic also reads numbers as seconds."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from vinculo.values.cleaning import clean_number

_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _require_iso_date(value: object) -> object:
    """The cleaned text of a date. Text of any other form, and numbers, are refused."""
    if type(value) is date:
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(text := clean_number(value)):
        return text
    raise PydanticCustomError("not_date", "not a date")


IsoDate = Annotated[date, BeforeValidator(_require_iso_date)]
"""The type of every date in a request body or a query."""
