"""Example values of fields in the OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLES: Final[Mapping[str, object]] = MappingProxyType(
    {
        "code": "income_declared",
        "fact": "income.declared",
        "kind_in_words": "Pre-customer",
        "missing_facts": ["income.declared"],
        "note": "Requested by the person",
        "observed": {"income.declared": False},
        "policy": "default",
        "project": "default",
        "ErasureAnswer.reason_in_words": "duplicate",
        "ErasureAnswer.state": "requested",
        "status_in_words": "Pending validation",
        "title": "Income is declared",
        "version": 7,
        "registration_number": 1042,
    }
)
