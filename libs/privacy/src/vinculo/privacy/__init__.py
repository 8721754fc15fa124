"""Personal data: encryption keys per person, erasure by destroying it, and keyed hashes.

The data keys are stored, encrypted, in a separate database. Destroying a person's key makes all
copies of their personal data unreadable: in event stores, in Kafka and in backups.
"""

from vinculo.privacy.envelopes import EnvelopeRefused
from vinculo.privacy.hashing import confirmation_code, keyed_hash, link_token
from vinculo.privacy.key_ring import (
    FurtherKey,
    KeyDestroyed,
    KeyMissing,
    KeyRing,
    KeyUnreadable,
    keyring_check,
)

__all__ = [
    "EnvelopeRefused",
    "FurtherKey",
    "KeyDestroyed",
    "KeyMissing",
    "KeyRing",
    "KeyUnreadable",
    "confirmation_code",
    "keyed_hash",
    "keyring_check",
    "link_token",
]
