"""Problems as in RFC 9457: a stable type, a translated title, a trace id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import orjson
from starlette.responses import Response

URN = "urn:vinculo:problem:"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """The error of one field; `code` is stable, `message` is for people."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class UntranslatedError:
    """A field error whose message is the catalogue's, in the language of the request.

    `values` fill the placeholders of the message.
    """

    field: str
    code: str
    values: Mapping[str, object] = dataclass_field(default_factory=dict)


class Problem(Exception):
    """An error response, raised by the code of a route.

    `type` is a slug such as `document-unknown`. The title is by default the catalogue's, in the
    language of the request. `retry_after_seconds` becomes the header `Retry-After`, and the default
    detail says the wait in words. `extensions` are further members of the body.
    """

    def __init__(  # noqa: PLR0917 - ordered by importance; mostly passed by keyword
        self,
        status: int,
        type: str,  # noqa: A002 - the member's name in the RFC
        title: str | None = None,
        detail: str | None = None,
        errors: Sequence[FieldError | UntranslatedError] = (),
        headers: Mapping[str, str] | None = None,
        retry_after_seconds: int | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {type}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.retry_after_seconds = retry_after_seconds
        self.extensions = dict(extensions or {})


def problem_response(
    problem: Problem,
    *,
    title: str,
    detail: str | None,
    errors: Sequence[FieldError],
    trace_id: str,
) -> Response:
    body: dict[str, Any] = {
        "type": URN + problem.type,
        "title": problem.title or title,
        "status": problem.status,
        "trace_id": trace_id,
    }
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    body = {**body, **{name: v for name, v in problem.extensions.items() if name not in body}}
    headers = {"cache-control": "no-store", **problem.headers}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)
