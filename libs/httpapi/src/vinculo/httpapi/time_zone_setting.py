"""The name of a time zone as the environment gives it."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone such as America/Bogota") from None
    return name


TimeZoneSetting = Annotated[str, AfterValidator(_known)]
