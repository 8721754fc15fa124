"""One key per person: sealing, opening, erasing, keyed hashes.

A person's data key lies wrapped in a database of its own. Destroying it makes every copy of what
was sealed under it unreadable, in the stores, in Kafka and in their backups alike.
"""

from vinculo.privacy.envelopes import EnvelopeRefused
from vinculo.privacy.hashing import code_of, keyed_hash, link_token
from vinculo.privacy.key_ring import KeyDestroyed, KeyMissing, KeyRing
from vinculo.privacy.key_setting import KeySetting
from vinculo.privacy.readiness import keyring_check
from vinculo.privacy.wrapping import KeyUnreadable

__all__ = [
    "EnvelopeRefused",
    "KeyDestroyed",
    "KeyMissing",
    "KeyRing",
    "KeySetting",
    "KeyUnreadable",
    "code_of",
    "keyed_hash",
    "keyring_check",
    "link_token",
]
