"""Searches texts for canaries, values that must not leak, in all common encodings."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

SHORT_CODE = re.compile(r"\d{4,8}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")
"""Removed before searching, because a fraction of a second looks like a six-digit code."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The name of a canary and the source that contains it."""

    canary: str
    source: str


class Canaries:
    """Named values to search for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._patterns = {name: _Pattern(value) for name, value in values.items()}

    def seen(self, source: str, content: bytes | str) -> list[Sighting]:
        text = content.decode(errors="replace") if isinstance(content, bytes) else content
        text = INSTANT.sub("", text).casefold()
        return [Sighting(name, source) for name, is_in in self._patterns.items() if is_in(text)]

    def seen_in(self, contents: Iterable[tuple[str, bytes | str]]) -> set[Sighting]:
        return {sighting for source, content in contents for sighting in self.seen(source, content)}


class _Pattern:
    """Whether a text contains a value; a short code must not be part of a longer word."""

    def __init__(self, value: str) -> None:
        if SHORT_CODE.fullmatch(value):
            self._regex = re.compile(rf"(?<![0-9a-z.+/=_-]){value}(?![0-9a-z+/=_-])")
        else:
            self._regex = re.compile("|".join(re.escape(form) for form in sorted(encodings(value))))

    def __call__(self, text: str) -> bool:
        return self._regex.search(text) is not None


def encodings(value: str) -> set[str]:
    """The value itself, escaped for JSON, URLs and SQL, in hexadecimal and in base64."""
    raw = value.encode()
    shifted = [base64.b64encode(bytes(shift) + raw).decode() for shift in range(3)]
    in_base_64 = [text[-(-8 * shift // 6) :].rstrip("=")[:-1] for shift, text in enumerate(shifted)]
    return {
        form.casefold()
        for form in (
            value,
            json.dumps(value)[1:-1],
            quote(value, safe=""),
            value.encode("unicode_escape").decode(),
            raw.hex(),
            *in_base_64,
            *(text.translate(str.maketrans("+/", "-_")) for text in in_base_64),
        )
    }
