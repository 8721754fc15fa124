"""The public contract between services: topics, event models, JSON Schemas, AsyncAPI document."""

from vinculo.contracts import topics
from vinculo.contracts.catalogue import (
    EVENTS,
    event_types,
    parse,
    parse_strictly,
    parser,
    types_of,
)
from vinculo.contracts.envelope import Cents, Currency, Envelope, Facts, Instant, Personal

__all__ = [
    "EVENTS",
    "Cents",
    "Currency",
    "Envelope",
    "Facts",
    "Instant",
    "Personal",
    "event_types",
    "parse",
    "parse_strictly",
    "parser",
    "topics",
    "types_of",
]
