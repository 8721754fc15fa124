"""One key per person: sealing, opening, erasing, keyed hashes.

A person's data key lies wrapped in a database of its own. Destroying it makes every copy of what
was sealed under it unreadable, in the stores, in Kafka and in their backups alike.
"""

from vinculo.privacy.envelopes import EnvelopeRefused
from vinculo.privacy.hashing import keyed_hash, link_token
from vinculo.privacy.key_ring import KeyDestroyed, KeyMissing, KeyRing
from vinculo.privacy.wrapping import KeyUnreadable

__all__ = [
    "EnvelopeRefused",
    "KeyDestroyed",
    "KeyMissing",
    "KeyRing",
    "KeyUnreadable",
    "keyed_hash",
    "link_token",
]
