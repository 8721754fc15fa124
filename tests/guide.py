"""A guide's calls: read from its blocks, filled in, sent, and compared with what it says."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

BLOCK = re.compile(r"```http\n(.*?)```|<!-- (.*?) -->", re.DOTALL)
PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_ ]*)>")
MORE = "…"


class DiffersFromGuide(AssertionError):
    """Where, what the guide says, and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """As it stands in the guide, with its placeholders."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: str
    status: int
    answer: str

    @property
    def placeholders(self) -> set[str]:
        """Those that must be known before it is sent."""
        request = "\n".join([self.address, *self.headers.values(), self.body])
        return set(PLACEHOLDER.findall(request))

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"


def steps(text: str) -> Iterator[Call | str]:
    """The calls in order, and between them the remarks that do not show."""
    request: str | None = None
    for block, remark in BLOCK.findall(text):
        if remark:
            yield remark
        elif request is None:
            request = block
        else:
            yield _call(request, block)
            request = None
    assert request is None, f"a call without an answer: {request}"


def _call(request: str, answer: str) -> Call:
    (method, address), headers, body = _parts(request)
    (_, status), _, expected = _parts(answer)
    return Call(
        method=method,
        address=address,
        headers=headers,
        body=body,
        status=int(status),
        answer=expected,
    )


def _parts(block: str) -> tuple[tuple[str, str], dict[str, str], str]:
    head, _, body = block.strip().partition("\n\n")
    first, *lines = head.splitlines()
    begun, said = first.split(" ", 1)
    headers = dict(line.split(": ", 1) for line in lines)
    return (begun, said), headers, body


@dataclass(slots=True)
class Values:
    """What the placeholders stand for, by now. What is `given` comes back as it was given."""

    given: Mapping[str, str]
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known |= self.given

    def fill(self, text: str) -> str:
        return PLACEHOLDER.sub(lambda found: str(self.known[found[1]]), text)

    def fill_address(self, text: str) -> str:
        path, question, query = text.partition("?")
        if not question:
            return self.fill(path)
        pairs = [pair.split("=", 1) for pair in query.split("&")]
        filled = [(name, self.fill(value)) for name, value in pairs]
        return f"{self.fill(path)}?{urlencode(filled, quote_via=quote)}"

    def fill_json(self, text: str) -> Any:
        """Inside of strings as text, elsewhere as what it is."""
        written = PLACEHOLDER.sub(lambda found: _as_json(self.known[found[1]]), text)
        return json.loads(written)

    def compare(self, expected: str, came: Any) -> None:
        """Keep what came for placeholders; raise DiffersFromGuide for anything else than said."""
        kept: dict[str, Any] = {}
        _compare(json.loads(expected), came, "answer", kept)
        for name, value in self.given.items():
            if kept.get(name, value) != value:
                raise DiffersFromGuide(f"{name} was {value!r} and came back as {kept[name]!r}")
        self.known |= kept


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1] if isinstance(value, str) else str(value)


def _compare(said: Any, came: Any, place: str, kept: dict[str, Any]) -> None:
    match said:
        case str() if found := PLACEHOLDER.fullmatch(said):
            kept[found[1]] = came
        case dict() if isinstance(came, dict) and said.keys() == came.keys():
            for name, value in said.items():
                _compare(value, came[name], f"{place}.{name}", kept)
        case [*items, str(last)] if last == MORE and isinstance(came, list):
            for index, (item, other) in enumerate(zip(items, came, strict=False)):
                _compare(item, other, f"{place}[{index}]", kept)
        case list() if isinstance(came, list) and len(said) == len(came):
            for index, (item, other) in enumerate(zip(said, came, strict=True)):
                _compare(item, other, f"{place}[{index}]", kept)
        case bool() | str() | None if said == came:
            pass
        case int() if type(came) is int:
            pass
        case _:
            raise DiffersFromGuide(f"{place}: the guide says {said!r}, it was {came!r}")
