"""Example values of fields in the OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLES: Final[Mapping[str, object]] = MappingProxyType(
    {
        "code": "identity",
        "fields": {
            "key": "quarantine/01980f5e-6b7a-7c3d-9a41-5f0c2b8e7d16",
            "policy": "eyJjb25kaXRpb25zIjpbXX0=",
        },
        "kind": "identity_card_front",
        "kind_in_words": "identity card (front)",
        "kinds": ["identity_card_front"],
        "kinds_in_words": ["identity card (front)"],
        "media_type": "application/pdf",
        "media_types": ["application/pdf", "image/jpeg", "image/png"],
        "next_cursor": "eyJhZnRlciI6MX0",
        "note": "The lower edge is cut off",
        "reason": "illegible",
        "reason_in_words": "illegible",
        "size_bytes": 183245,
        "DocumentAnswer.state": "rejected",
        "url": "http://127.0.0.1:8080/documents",
        "version": 7,
    }
)
