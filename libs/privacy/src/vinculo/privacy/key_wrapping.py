"""Data keys at rest: each encrypted under the key-encryption key, bound to its person."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DATA_KEY_BITS = 256
NONCE_BYTES = 12


class KeyUnreadable(Exception):
    """The wrapped key does not open: another key-encryption key, or an altered row. A fault."""


def new_wrapped_key(wrapping_cipher: AESGCM, subject: UUID) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    data_key = AESGCM.generate_key(bit_length=DATA_KEY_BITS)
    return nonce + wrapping_cipher.encrypt(nonce, data_key, subject.bytes)


def unwrapped(wrapping_cipher: AESGCM, subject: UUID, wrapped_key: bytes) -> AESGCM:
    nonce, sealed = wrapped_key[:NONCE_BYTES], wrapped_key[NONCE_BYTES:]
    try:
        return AESGCM(wrapping_cipher.decrypt(nonce, sealed, subject.bytes))
    except (InvalidTag, ValueError):
        raise KeyUnreadable(f"the key of {subject} does not open") from None
