"""The first bytes of the three media types that are taken.

General sniffers look further into a file, and so see one type where a polyglot has two; here the
signature has to stand at the very beginning.
"""

from types import MappingProxyType

SIGNATURES = MappingProxyType(
    {
        "application/pdf": b"%PDF-",
        "image/jpeg": b"\xff\xd8\xff",
        "image/png": b"\x89PNG\r\n\x1a\n",
    }
)

MEDIA_TYPES = frozenset(SIGNATURES)
