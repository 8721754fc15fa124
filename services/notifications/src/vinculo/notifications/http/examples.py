"""Example values of fields in the OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLES: Final[Mapping[str, object]] = MappingProxyType(
    {
        "attempts": 1,
        "reason": "address_refused",
        "reason_in_words": "the mail or message server did not accept the address",
    }
)
