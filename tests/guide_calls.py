"""Parses the HTTP calls of a guide, fills in placeholders and compares responses with the guide."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

BLOCK = re.compile(r"```http\n(.*?)```|<!-- (.*?) -->", re.DOTALL)
PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_ ]*)>")
MORE_ITEMS = "…"


class DiffersFromGuide(AssertionError):
    """The message names the position, the documented and the actual value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A documented request and response, with placeholders."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: str
    status: int
    response: str

    @property
    def placeholders(self) -> set[str]:
        """Placeholders of the request."""
        request = "\n".join([self.address, *self.headers.values(), self.body])
        return set(PLACEHOLDER.findall(request))

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"


def steps(text: str) -> Iterator[Call | str]:
    """The calls in order, with the guide's HTML comments between them."""
    request: str | None = None
    for block, comment in BLOCK.findall(text):
        if comment:
            yield comment
        elif request is None:
            request = block
        else:
            yield _call(request, block)
            request = None
    assert request is None, f"a call without a response: {request}"


def _call(request: str, response: str) -> Call:
    (method, address), headers, body = _parts(request)
    (_, status), _, expected = _parts(response)
    return Call(
        method=method,
        address=address,
        headers=headers,
        body=body,
        status=int(status),
        response=expected,
    )


def _parts(block: str) -> tuple[tuple[str, str], dict[str, str], str]:
    head, _, body = block.strip().partition("\n\n")
    first, *lines = head.splitlines()
    start, rest = first.split(" ", 1)
    headers = dict(line.split(": ", 1) for line in lines)
    return (start, rest), headers, body


@dataclass(slots=True)
class Values:
    """The values of placeholders so far. `given` values must be returned unchanged."""

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
        """Fill in placeholders inside strings as text, elsewhere as JSON values."""
        filled = PLACEHOLDER.sub(lambda found: _as_json(self.known[found[1]]), text)
        return json.loads(filled)

    def compare(self, documented: str, actual: Any) -> None:
        """Store the values of placeholders. Raises DiffersFromGuide for any other difference."""
        received: dict[str, Any] = {}
        _compare(json.loads(documented), actual, "response", received)
        for name, value in self.given.items():
            if received.get(name, value) != value:
                raise DiffersFromGuide(
                    f"{name} was {value!r} and was returned as {received[name]!r}"
                )
        self.known |= received


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1] if isinstance(value, str) else str(value)


def _compare(documented: Any, actual: Any, path: str, received: dict[str, Any]) -> None:
    match documented:
        case str() if found := PLACEHOLDER.fullmatch(documented):
            received[found[1]] = actual
        case dict() if isinstance(actual, dict) and documented.keys() == actual.keys():
            for name, value in documented.items():
                _compare(value, actual[name], f"{path}.{name}", received)
        case [*items, str(last)] if last == MORE_ITEMS and isinstance(actual, list):
            for index, (item, other) in enumerate(zip(items, actual, strict=False)):
                _compare(item, other, f"{path}[{index}]", received)
        case list() if isinstance(actual, list) and len(documented) == len(actual):
            for index, (item, other) in enumerate(zip(documented, actual, strict=True)):
                _compare(item, other, f"{path}[{index}]", received)
        case bool() | str() | None if documented == actual:
            pass
        case int() if type(actual) is int:
            pass
        case _:
            raise DiffersFromGuide(f"{path}: the guide says {documented!r}, it was {actual!r}")
