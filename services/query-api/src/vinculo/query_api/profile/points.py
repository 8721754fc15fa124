"""Points in a person's history: a moment, or an event."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field

from vinculo.httpapi import Problem

Point: TypeAlias = datetime | UUID
AskedPoint: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
"""As a client writes it: RFC 3339 with a zone, or an event's id."""

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MICROSECONDS: Final = 6


def point_of(text: str, now: datetime) -> Point:
    """Raises Problem 422 for what is no point, and for a moment that is still to come."""
    moment = _moment_of(text)
    if moment is None:
        try:
            return UUID(text)
        except ValueError:
            raise Problem(422, "point-invalid") from None
    if moment > now:
        raise Problem(422, "point-to-come")
    return moment


def _moment_of(text: str) -> datetime | None:
    """None for what is no moment."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    fraction = found[1] or ""
    cut = fraction[: _MICROSECONDS + 1].ljust(_MICROSECONDS + 1, "0") if fraction else ""
    try:
        return datetime.fromisoformat(
            text[:19].upper() + cut + found[2].upper().replace("Z", "+00:00")
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(422, "point-invalid") from None
