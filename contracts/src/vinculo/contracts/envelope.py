"""What every event on Kafka has in common: how facts are read and how a personal part travels.

Writers seal everything personal of an event under the person's own key; readers without the key
see the envelope and the clear facts beside it.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment, RFC 3339 with an offset on the wire, UTC once read."""

Cents = Annotated[int, Field(ge=0, le=10**15)]
"""Money in the currency's minor units."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""


class Facts(BaseModel):
    """An event's clear facts. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Personal(BaseModel):
    """What is inside an opened envelope. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Envelope(BaseModel):
    """A personal part sealed under the person's key (AES-256-GCM).

    `v` is the envelope's version, `kid` the key's name (the person id), `n` the nonce and `ct` the
    ciphertext, both base64. The additional data are the event id and the person id.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: int
    kid: str
    n: str
    ct: str
