"""Changing only what the caller has seen: `If-Match` with the version of a stream."""

import re

from starlette.requests import Request

from vinculo.httpapi.problems import Problem

_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"|([0-9]{1,9})')


def if_match(request: Request) -> int:
    """The version in `If-Match`: `W/"7"`, `"7"` or `7`. 428 without the header."""
    header = request.headers.get("if-match")
    if header is None:
        raise Problem(428, "if-match-required")
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise Problem(400, "if-match-invalid")
    return int(match[1] or match[2])


def etag(version: int) -> str:
    return f'W/"{version}"'
