"""One key per person: encrypting, decrypting and erasing personal parts; keyed hashes.

A person's data key is stored wrapped, in a database of its own. Destroying it makes every copy of
what was encrypted under it unreadable: in the stores, in Kafka and in their backups alike.
"""

from vinculo.privacy.envelopes import EnvelopeRefused
from vinculo.privacy.hashing import code_of, keyed_hash, link_token
from vinculo.privacy.key_ring import KeyDestroyed, KeyMissing, KeyRing
from vinculo.privacy.key_wrapping import KeyUnreadable
from vinculo.privacy.readiness import keyring_check

__all__ = [
    "EnvelopeRefused",
    "KeyDestroyed",
    "KeyMissing",
    "KeyRing",
    "KeyUnreadable",
    "code_of",
    "keyed_hash",
    "keyring_check",
    "link_token",
]
