"""What the event models do not say about their fields: descriptions, and closed sets of values.

Models of readers accept any text where writers write one of a closed set, so that a later version
may add a value. The AsyncAPI document and the documentation name the values of today.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic import BaseModel

from vinculo.contracts import (
    credit,
    customer_registry,
    document_claims,
    documents,
    notifications,
    onboarding,
    payers,
)
from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.envelope import Personal

CLOSED_VALUES: Final[Mapping[str, type[StrEnum]]] = MappingProxyType(
    {
        "ContactChangeRequested.kind": onboarding.ContactKind,
        "ContactChanged.kind": onboarding.ContactKind,
        "DocumentClaimGranted.reason_code": document_claims.ClaimReason,
        "DocumentClaimRefused.reason_code": document_claims.ClaimReason,
        "InternalUserRevoked.cause": customer_registry.RevocationCause,
        "LoanCancelled.status": credit.LoanStatus,
        "LoanClosed.status": credit.LoanStatus,
        "LoanOpened.status": credit.LoanStatus,
        "LoanRecorded.status": credit.LoanStatus,
        "LoanRefinanced.status": credit.LoanStatus,
        "LoanReported.status": credit.LoanStatus,
        "LoanWrittenOff.status": credit.LoanStatus,
        "MessageQueued.channel": notifications.MessageChannel,
        "PasswordChanged.cause": onboarding.PasswordChange,
        "PayerRefused.reason_code": payers.ProposalRefusal,
        "PayerSuspended.reason_code": payers.SuspensionReason,
        "StaffPasswordChanged.cause": onboarding.PasswordChange,
        "SubmissionDropped.cause": onboarding.SubmissionDrop,
        "cause": customer_registry.StatusCause,
        "channel": onboarding.Channel,
        "contract_type": onboarding.ContractType,
        "from_status": customer_registry.Status,
        "kind": documents.DocumentKind,
        "purpose": onboarding.ConsentPurpose,
        "to_status": customer_registry.Status,
    }
)
"""By `Model.field`, or by the name of the field in all other models."""
_MOMENT: Final = re.compile(r"(.+)_at")
_ACTOR: Final = re.compile(r"(.+)_by")


def closed_values(model: type[BaseModel], name: str) -> type[StrEnum] | None:
    """The values that a text field has; None for any text."""
    return CLOSED_VALUES.get(f"{model.__name__}.{name}") or CLOSED_VALUES.get(name)


def field_description(model: type[BaseModel], name: str) -> str | None:
    """The description: the model's, that of this event's field, or that of the field's name.

    A field `…_at` without one is the time, and `…_by` the id of the member of staff.
    """
    field = model.model_fields[name]
    if field.description:
        return field.description
    texts = _descriptions()
    if text := texts.get(f"{model.__name__}.{name}") or texts.get(name):
        return text
    if found := _MOMENT.fullmatch(name):
        return f"When it was {found[1].replace('_', ' ')}."
    if found := _ACTOR.fullmatch(name):
        return f"Who {found[1].replace('_', ' ')} it: the id of a person or a member of staff."
    return None


def field_problems() -> list[str]:
    """Fields without a description, and entries for fields that no event has."""
    models = {
        model for kinds in EVENTS.values() for each in kinds.values() for model in with_parts(each)
    }
    models |= {*personal_parts()}
    missing = [
        f"{model.__name__}.{name}: no description in event_fields.toml"
        for model in sorted(models, key=lambda each: each.__name__)
        for name in model.model_fields
        if not field_description(model, name)
    ]
    known = {name for model in models for name in model.model_fields}
    known |= {f"{model.__name__}.{name}" for model in models for name in model.model_fields}
    return [
        *missing,
        *(f"event_fields.toml: no field {name}" for name in sorted(_descriptions().keys() - known)),
        *(f"CLOSED_VALUES: no field {name}" for name in sorted(CLOSED_VALUES.keys() - known)),
    ]


def personal_parts() -> list[type[BaseModel]]:
    """The models of decrypted envelopes and of their fields."""
    return sorted(Personal.__subclasses__(), key=lambda each: each.__name__)


def with_parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model and those of its fields, each once."""
    found = [model]
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found += [each for each in with_parts(inner) if each not in found]
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


@cache
def _descriptions() -> Mapping[str, str]:
    text = files("vinculo.contracts").joinpath("event_fields.toml").read_text("utf-8")
    return {
        key if table_name == "fields" else f"{table_name}.{key}": value
        for table_name, entries in tomllib.loads(text).items()
        for key, value in entries.items()
    }
