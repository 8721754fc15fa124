"""Keyed digests by which a repeated request is recognised without keeping what it said."""

import hashlib
import hmac
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, SecretBytes, SecretStr


def digest(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the parts, each with its length, so that no two lists look alike."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


def body_digest(key: bytes, body: bytes | BaseModel) -> bytes:
    if isinstance(body, bytes):
        return digest(key, body)
    plain = body.model_dump(mode="python")
    return digest(key, orjson.dumps(plain, default=_revealed, option=orjson.OPT_SORT_KEYS))


def uuid_of(digested: bytes) -> UUID:
    """A UUID of version 8 out of the digest's first 16 bytes."""
    value = int.from_bytes(digested[:16], "big")
    value = value & ~(0xF << 76) | (0x8 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def _revealed(value: Any) -> Any:  # noqa: ANN401 - whatever a model may hold
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, SecretBytes):
        return value.get_secret_value().hex()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
