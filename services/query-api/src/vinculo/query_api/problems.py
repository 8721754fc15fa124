"""The one table from refusals and faults of the service to HTTP problems."""

from typing import Final

from pymongo.errors import ExecutionTimeout

from vinculo.httpapi import Problem, ProblemType, UntranslatedError, responds_with
from vinculo.httpapi.problem_types import Refusals
from vinculo.messaging import rfc3339
from vinculo.query_api.cursors import CursorInvalid
from vinculo.query_api.exports.job_queue import TooManyExports
from vinculo.query_api.exports.service import (
    ColumnsWithheld,
    ExportKeyReused,
    ExportUnknown,
    LinkUsed,
)
from vinculo.query_api.filter_errors import FieldRefusalCode, FilterInvalid
from vinculo.query_api.profile.as_of import (
    EventUnknown,
    HistoryTooLong,
    HistoryUnreadableError,
    PointInFuture,
    PointInvalid,
)
from vinculo.query_api.profile.profile import CustomerUnknown, PersonErased, PersonUnknown
from vinculo.query_api.profile.queries import PersonNotListedYet, PointsReversed
from vinculo.query_api.read_your_writes import PositionInvalid, PositionNotShown


@responds_with(ProblemType(422, "filter-invalid", errors=True))
def _filter_invalid(error: FilterInvalid) -> Problem:
    return Problem(
        422,
        "filter-invalid",
        errors=[
            UntranslatedError(
                refusal.field, refusal.code, {"value": refusal.value, "expected": refusal.value}
            )
            for refusal in error.refusals
        ],
    )


@responds_with(ProblemType(400, "cursor-invalid", errors=True))
def _cursor_invalid(_: CursorInvalid) -> Problem:
    errors = [UntranslatedError("cursor", FieldRefusalCode.NOT_OF_THIS_QUERY)]
    return Problem(400, "cursor-invalid", errors=errors)


@responds_with(ProblemType(503, "position-not-shown", retry_after=True))
def _position_not_shown(_: PositionNotShown) -> Problem:
    return Problem(503, "position-not-shown", retry_after_seconds=1)


@responds_with(ProblemType(404, "person-unknown", retry_after=True))
def _person_unknown(_: PersonUnknown) -> Problem:
    """With a hint to retry: a person who has just registered is unknown for a moment."""
    return Problem(404, "person-unknown", headers={"Retry-After": "1"})


_KNOWN_SINCE: Final = {
    "known_since": {
        "type": "string",
        "format": "date-time",
        "description": "From then on the person is known.",
    }
}


@responds_with(ProblemType(404, "person-unknown-then", members=_KNOWN_SINCE))
def _person_not_listed_yet(error: PersonNotListedYet) -> Problem:
    since = error.listed_since
    known = {} if since is None else {"known_since": rfc3339(since)}
    return Problem(404, "person-unknown-then", extensions=known)


@responds_with(ProblemType(503, "history-unreadable", retry_after=True))
def _history_unreadable(_: HistoryUnreadableError) -> Problem:
    return Problem(503, "history-unreadable", retry_after_seconds=5)


@responds_with(ProblemType(429, "too-many-exports", retry_after=True))
def _too_many_exports(_: TooManyExports) -> Problem:
    return Problem(429, "too-many-exports", retry_after_seconds=10)


REFUSALS: Final[Refusals] = {
    FilterInvalid: _filter_invalid,
    CursorInvalid: _cursor_invalid,
    PositionInvalid: (400, "position-invalid"),
    PositionNotShown: _position_not_shown,
    ExecutionTimeout: (503, "query-too-slow"),
    PersonUnknown: _person_unknown,
    CustomerUnknown: (404, "person-unknown"),
    PersonErased: (410, "person-erased"),
    PersonNotListedYet: _person_not_listed_yet,
    PointInvalid: (422, "point-invalid"),
    PointInFuture: (422, "point-to-come"),
    PointsReversed: (422, "points-reversed"),
    EventUnknown: (404, "event-unknown"),
    HistoryTooLong: (422, "history-too-long"),
    HistoryUnreadableError: _history_unreadable,
    TooManyExports: _too_many_exports,
    ExportUnknown: (404, "export-unknown"),
    ColumnsWithheld: (403, "forbidden"),
    LinkUsed: (410, "link-used"),
    ExportKeyReused: (422, "idempotency-key-reused"),
}
