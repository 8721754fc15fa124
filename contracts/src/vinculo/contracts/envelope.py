"""Base models of all events: plain facts, and the envelope of the encrypted personal part.

Writers encrypt everything personal in an event under a key that belongs to one person. Readers
without the key see the envelope and the plain facts beside it.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time: RFC 3339 with an offset in the record, UTC in the model."""

Cents = Annotated[int, Field(ge=0, le=10**15)]
"""Money in the currency's minor units."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""


class Facts(BaseModel):
    """An event's clear facts. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Personal(BaseModel):
    """The content of a decrypted envelope. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Envelope(BaseModel):
    """A personal part sealed under a key of the person (AES-256-GCM).

    `v` is the envelope's version, `kid` the id of the key (the person id, or that of the key of a
    submission), `n` the nonce and `ct` the ciphertext, both base64. The additional data are the
    event id and the key's id.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: int
    kid: str
    n: str
    ct: str
