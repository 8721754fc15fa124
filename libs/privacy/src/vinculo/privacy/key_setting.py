"""Secret keys as the environment gives them: 32 bytes in base64."""

import base64
import binascii
from typing import Annotated

from pydantic import BeforeValidator, SecretBytes

from vinculo.privacy.key_ring import KEY_BYTES


def _decoded(value: object) -> object:
    """Decode base64; an error says nothing of the value."""
    if not isinstance(value, str):
        return value
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if len(decoded) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64")
    return decoded


KeySetting = Annotated[SecretBytes, BeforeValidator(_decoded)]
