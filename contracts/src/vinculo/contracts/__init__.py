"""The public contract between services: topics, event models, JSON Schemas, AsyncAPI document."""

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS, parse, parser
from vinculo.contracts.envelope import Cents, Currency, Envelope, Facts, Instant, Personal

__all__ = [
    "EVENTS",
    "Cents",
    "Currency",
    "Envelope",
    "Facts",
    "Instant",
    "Personal",
    "parse",
    "parser",
    "topics",
]
