"""Which refusal becomes which HTTP problem. The titles are in the message catalogue."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.httpapi import Problem, ProblemType, responds_with
from vinculo.notifications.application.message_history import (
    MessageNotEnded,
    MessageNotRepeatable,
    MessageUnknown,
    OwnMessages,
    RecipientErased,
    TooManyResends,
)

RETRY_AFTER_SECONDS: Final = 3600


@responds_with(ProblemType(429, "too-many-resends", retry_after=True))
def _too_many_resends(_: TooManyResends) -> Problem:
    return Problem(429, "too-many-resends", retry_after_seconds=RETRY_AFTER_SECONDS)


REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            MessageNotEnded: (409, "message-not-ended"),
            MessageNotRepeatable: (409, "message-not-repeatable"),
            MessageUnknown: (404, "message-unknown"),
            OwnMessages: (403, "own-record"),
            RecipientErased: (410, "person-erased"),
            TooManyResends: _too_many_resends,
        }
    )
)
