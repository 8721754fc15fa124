"""The context of a request: correlation id, trace id and actor. Ids only, never personal data."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID, uuid4

from starlette.datastructures import Headers
from starlette.requests import Request

from vinculo.events import Meta

CORRELATION_HEADER = "correlation-id"
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    correlation_id: str
    trace_id: str
    traceparent: str


request_context: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def context_from(headers: Headers) -> RequestContext:
    """The caller's trace and correlation id, or new ones.

    A correlation id that is not a UUID is replaced, because it is logged and stored and free text
    could contain a name or a document number.
    """
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    trace_id = trace[1] if trace else secrets.token_hex(16)
    flags = trace[2] if trace else "00"
    return RequestContext(
        correlation_id=_uuid_text(headers.get(CORRELATION_HEADER, "")) or str(uuid4()),
        trace_id=trace_id,
        traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-{flags}",
    )


def current_meta(request: Request) -> Meta:
    """The tracing data of the events that this request causes."""
    context = request_context.get() or context_from(request.headers)
    return Meta(
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        actor=current_actor(request),
    )


def current_actor(request: Request) -> str | None:
    """The id of the signed-in caller, set on the request when the token was verified."""
    actor: str | None = getattr(request.state, "actor", None)
    return actor


def _uuid_text(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
