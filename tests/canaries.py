"""Words that nobody should find again, in every form in which they could be written down."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

SHORT_CODE = re.compile(r"\d{4,8}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")
"""Left out when short codes are looked for: a fraction of a second is six digits, too."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A canary, by its name, and where it was seen."""

    canary: str
    place: str


class Canaries:
    """Named values; `seen` tells which of them stand in a text in some form."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._patterns = {name: _pattern(value) for name, value in values.items()}

    def seen(self, place: str, content: bytes | str) -> list[Sighting]:
        text = content.decode(errors="replace") if isinstance(content, bytes) else content
        text = INSTANT.sub("", text).casefold()
        return [Sighting(name, place) for name, found in self._patterns.items() if found(text)]

    def seen_in(self, contents: Iterable[tuple[str, bytes | str]]) -> set[Sighting]:
        return {sighting for place, content in contents for sighting in self.seen(place, content)}


class _pattern:  # noqa: N801 - made and called like a function
    """Whether a value stands in a text; of a code of few digits, only one that stands alone."""

    def __init__(self, value: str) -> None:
        if SHORT_CODE.fullmatch(value):
            self._searched = re.compile(rf"(?<![0-9a-z.+/=_-]){value}(?![0-9a-z+/=_-])")
        else:
            self._searched = re.compile("|".join(re.escape(form) for form in sorted(forms(value))))

    def __call__(self, text: str) -> bool:
        return self._searched.search(text) is not None


def forms(value: str) -> set[str]:
    """As it is, escaped for JSON, for an address and for SQL, as hexadecimal, and in base 64."""
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
