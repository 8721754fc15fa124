"""Personal data: encryption keys per person, erasure by destroying it, and keyed hashes.

The data keys are stored, encrypted, in a separate database. Destroying a person's key makes all
copies of their personal data unreadable: in event stores, in Kafka and in backups.
"""

from vinculo.privacy.envelopes import EnvelopeRefused
from vinculo.privacy.erasure_ledger import (
    ErasureLedger,
    LedgerEntry,
    LedgerUnavailableError,
    erasure_ledger,
)
from vinculo.privacy.hashing import confirmation_code, keyed_hash, link_token
from vinculo.privacy.key_ring import (
    FurtherKey,
    KeyDestroyed,
    KeyMissing,
    KeyRing,
    KeyUnreadable,
    keyring_check,
)
from vinculo.privacy.ledger_check import LedgerCheck
from vinculo.privacy.recorded_erasures import (
    KeyRingOutdatedError,
    outstanding_erasures,
    reapply_erasure,
    record_erasures,
)

__all__ = [
    "EnvelopeRefused",
    "ErasureLedger",
    "FurtherKey",
    "KeyDestroyed",
    "KeyMissing",
    "KeyRing",
    "KeyRingOutdatedError",
    "KeyUnreadable",
    "LedgerCheck",
    "LedgerEntry",
    "LedgerUnavailableError",
    "confirmation_code",
    "erasure_ledger",
    "keyed_hash",
    "keyring_check",
    "link_token",
    "outstanding_erasures",
    "reapply_erasure",
    "record_erasures",
]
