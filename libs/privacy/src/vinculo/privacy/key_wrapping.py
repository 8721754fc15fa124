"""Encrypts data keys for storage, under the key-encryption key and bound to their person."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DATA_KEY_BITS = 256
NONCE_BYTES = 12


class KeyUnreadable(Exception):
    """The stored key cannot be decrypted: another key-encryption key, or an altered row."""


def new_wrapped_key(wrapping_cipher: AESGCM, subject: UUID) -> bytes:
    """A random data key, encrypted."""
    nonce = os.urandom(NONCE_BYTES)
    data_key = AESGCM.generate_key(bit_length=DATA_KEY_BITS)
    return nonce + wrapping_cipher.encrypt(nonce, data_key, subject.bytes)


def unwrapped(wrapping_cipher: AESGCM, subject: UUID, wrapped_key: bytes) -> AESGCM:
    """The cipher of an encrypted data key.

    Raises:
        KeyUnreadable: the key cannot be decrypted.

    """
    nonce, ciphertext = wrapped_key[:NONCE_BYTES], wrapped_key[NONCE_BYTES:]
    try:
        return AESGCM(wrapping_cipher.decrypt(nonce, ciphertext, subject.bytes))
    except (InvalidTag, ValueError):
        raise KeyUnreadable(f"the key of {subject} cannot be decrypted") from None
