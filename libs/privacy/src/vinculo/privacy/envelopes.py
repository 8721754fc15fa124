"""Envelopes: personal parts of events, encrypted with AES-256-GCM under a data key of the person.

The additional authenticated data are the event id and the key's id, so that an envelope can only be
decrypted in its own event. The event type is not included, because renaming a type would make
stored events unreadable. A person's own key has the person's id.
"""

import base64
import binascii
import os
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENVELOPE_VERSION = 1
NONCE_BYTES = 12


class EnvelopeRefused(Exception):
    """The envelope is malformed, altered, or made for another event or person."""


def encrypt_envelope(
    cipher: AESGCM, key_id: UUID, event_id: UUID, plain: dict[str, Any]
) -> dict[str, Any]:
    """The envelope of a plain personal part."""
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = cipher.encrypt(nonce, orjson.dumps(plain), event_id.bytes + key_id.bytes)
    return {
        "v": ENVELOPE_VERSION,
        "kid": str(key_id),
        "n": base64.b64encode(nonce).decode(),
        "ct": base64.b64encode(ciphertext).decode(),
    }


def decrypt_envelope(
    cipher: AESGCM, key_id: UUID, event_id: UUID, envelope: dict[str, Any]
) -> dict[str, Any]:
    """The plain personal part of an envelope.

    Raises:
        EnvelopeRefused: the envelope is not valid for this event and key.

    """
    if key_id_of(envelope) != key_id:
        raise EnvelopeRefused("made with another key")
    try:
        nonce = base64.b64decode(envelope["n"], validate=True)
        ciphertext = base64.b64decode(envelope["ct"], validate=True)
        plain = orjson.loads(cipher.decrypt(nonce, ciphertext, event_id.bytes + key_id.bytes))
    except InvalidTag:
        raise EnvelopeRefused("altered, or made for another event or person") from None
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise EnvelopeRefused("not an envelope") from None
    if not isinstance(plain, dict):
        raise EnvelopeRefused("does not contain an object")
    return plain


def key_id_of(envelope: dict[str, Any]) -> UUID:
    """The id of the key that an envelope was made with.

    Raises:
        EnvelopeRefused: it is not an envelope of a known version.

    """
    if not isinstance(envelope, dict) or envelope.get("v") != ENVELOPE_VERSION:
        raise EnvelopeRefused("not an envelope of a known version")
    try:
        return UUID(envelope.get("kid"))
    except (AttributeError, TypeError, ValueError):
        raise EnvelopeRefused("names no key") from None
