"""Refusals over HTTP as RFC 9457 problems: a stable type, a translated title, a trace id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

URN = "urn:vinculo:problem:"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `code` is stable, `message` is for people."""

    field: str
    code: str
    message: str


class Problem(Exception):
    """Raise it anywhere below a route. `type` is a slug such as `document-unknown`.

    Without a title the catalogue's is taken, in the language of the request. `extensions` are
    further members of the body.
    """

    def __init__(  # noqa: PLR0917 - in the order of their weight; mostly given by name
        self,
        status: int,
        type: str,  # noqa: A002 - the RFC's name of the member
        title: str | None = None,
        detail: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {type}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


def problem_response(problem: Problem, *, title: str, trace_id: str) -> Response:
    body: dict[str, Any] = {
        "type": URN + problem.type,
        "title": problem.title or title,
        "status": problem.status,
        "trace_id": trace_id,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = list(problem.errors)
    body = {**body, **{name: v for name, v in problem.extensions.items() if name not in body}}
    return Response(
        orjson.dumps(body),
        problem.status,
        {"cache-control": "no-store", **problem.headers},
        MEDIA_TYPE,
    )
