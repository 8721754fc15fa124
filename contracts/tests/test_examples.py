"""Every event type has a golden example, which is valid by model, schema and CloudEvents."""

import base64
import re
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from vinculo.contracts import EVENTS, Facts, Personal, parse
from vinculo.contracts.customer_registry import ObservedValues, StatusNote
from vinculo.contracts.document_claims import ClaimantDetails
from vinculo.contracts.documents import DemandNote, RejectionNote
from vinculo.contracts.envelope import Envelope
from vinculo.contracts.onboarding import (
    Contact,
    ContactReplaced,
    CorrectionNote,
    EmploymentDetails,
    IdentityDetails,
    PersonDetails,
)
from vinculo.contracts.schemas import schema_of

from .golden_examples import ALL_EXAMPLES, Example

PERSONAL_PARTS: dict[str, type[Personal]] = {
    "application-started.v1": PersonDetails,
    "submission-received.v1": PersonDetails,
    "email-verified.v2": PersonDetails,
    "employment-declared.v1": EmploymentDetails,
    "document-claim-opened.v1": ClaimantDetails,
    "email-corrected.v1": Contact,
    "contact-change-requested.v1": Contact,
    "contact-changed.v1": ContactReplaced,
    "staff-invited.v1": Contact,
    "staff-password-reset-requested.v1": Contact,
    "staff-password-changed.v1": Contact,
    "identity-correction-requested.v1": IdentityDetails,
    "identity-corrected.v1": IdentityDetails,
    "identity-correction-refused.v1": CorrectionNote,
    "document-demanded.v1": DemandNote,
    "document-rejected.v1": RejectionNote,
    "requirements-evaluated.v1": ObservedValues,
    "record-disabled.v1": StatusNote,
    "record-blocked.v1": StatusNote,
    "record-unblocked.v1": StatusNote,
}

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

every_example = pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
encrypted_examples = pytest.mark.parametrize(
    "example", [example for example in ALL_EXAMPLES if example.decrypted], ids=str
)


def test_every_event_type_has_one_example_and_every_example_a_type() -> None:
    modelled = {(topic, event_type) for topic, models in EVENTS.items() for event_type in models}

    assert {(example.topic, example.event_type) for example in ALL_EXAMPLES} == modelled


@every_example
def test_an_example_is_read_as_its_model(example: Example) -> None:
    event = parse(example.topic, example.event_type, example.value_bytes)

    assert type(event) is EVENTS[example.topic][example.event_type]


@every_example
def test_an_example_has_exactly_the_fields_of_the_model(example: Example) -> None:
    """So a field that is added to a model must be added here, and a mistyped one is found."""
    model = EVENTS[example.topic][example.event_type]

    plain_fields = set(model.model_fields) - {"personal"}
    assert set(example.value) - {"personal"} == plain_fields
    assert ("personal" in example.value) == (example.decrypted is not None)


@every_example
def test_an_example_is_unchanged_by_reading_and_writing(example: Example) -> None:
    event = parse(example.topic, example.event_type, example.value_bytes)
    assert event is not None

    written = event.model_dump(mode="json", exclude_unset=True)

    assert with_parsed_times(written) == with_parsed_times(example.value)


@every_example
def test_an_example_is_valid_by_its_json_schema(example: Example) -> None:
    model = EVENTS[example.topic][example.event_type]
    schema = schema_of(example.topic, example.event_type, model)

    Draft202012Validator(schema, format_checker=FormatChecker()).validate(example.value)


@every_example
def test_the_headers_are_those_of_a_cloud_event_of_this_type(example: Example) -> None:
    service, name = example.topic.split(".")
    headers = example.headers

    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_type"] == f"vinculo.{service}.{example.event_type}"
    assert headers["ce_dataschema"] == f"urn:vinculo:schema:{service}:{example.event_type}"
    assert headers["content-type"] == "application/json"
    assert headers["ce_subject"] == example.key == str(UUID(example.key))
    assert UUID(headers["ce_id"])
    assert datetime.fromisoformat(headers["ce_time"]).tzinfo is not None
    if service != "credit":
        writers = ("onboarding", "customer-registry") if service == "access" else (service,)
        assert headers["ce_source"] in {f"/{writer}/{name}" for writer in writers}
        category, _, stream = headers["ce_streamid"].partition("-")
        assert category
        assert UUID(stream[-36:])
        assert int(headers["ce_streamversion"]) >= 1


@every_example
def test_the_official_sdk_reads_an_example_as_a_cloud_event(example: Example) -> None:
    message = KafkaMessage(
        headers={name: value.encode() for name, value in example.headers.items()},
        key=example.key.encode(),
        value=example.value_bytes,
    )

    event = from_binary_event(message)

    assert event.get_id() == example.headers["ce_id"]
    assert event.get_type() == example.headers["ce_type"]
    assert event.get_subject() == example.key
    assert event.get_data() == example.value


def test_no_two_examples_share_an_event_id() -> None:
    ids = [example.headers["ce_id"] for example in ALL_EXAMPLES]

    assert len(set(ids)) == len(ids)


@encrypted_examples
def test_a_personal_part_is_read_as_its_model(example: Example) -> None:
    model = PERSONAL_PARTS[example.event_type]
    assert example.decrypted is not None
    assert example.decrypted["v"] == 1

    part = model.model_validate(example.decrypted)

    written = part.model_dump(mode="json", exclude_unset=True)
    assert written == {name: value for name, value in example.decrypted.items() if name != "v"}
    assert set(example.decrypted) == {"v", *model.model_fields}


OF_A_SUBMISSION = {"submission-received.v1", "email-corrected.v1", "document-claim-opened.v1"}
"""Examples that are sealed under the key of a submission, which is not named like the person."""


@encrypted_examples
def test_an_envelope_names_its_key_and_has_nonce_and_ciphertext(example: Example) -> None:
    envelope = Envelope.model_validate(example.value["personal"])

    assert envelope.v == 1
    assert str(UUID(envelope.kid)) == envelope.kid
    assert (envelope.kid == example.key) == (example.event_type not in OF_A_SUBMISSION)
    assert len(base64.b64decode(envelope.n, validate=True)) == 12
    assert len(base64.b64decode(envelope.ct, validate=True)) > 16


@encrypted_examples
def test_no_text_of_a_personal_part_is_outside_the_envelope(example: Example) -> None:
    clear = [*example.headers.values(), example.key, *texts_of(example.value)]

    for text in texts_of(example.decrypted):
        assert not any(text in other for other in clear), text


def test_every_event_with_a_personal_part_has_a_model_of_it() -> None:
    with_personal_part = {
        event_type
        for models in EVENTS.values()
        for event_type, model in models.items()
        if has_personal_part(model)
    }

    assert set(PERSONAL_PARTS) <= with_personal_part
    assert with_personal_part - set(PERSONAL_PARTS) <= {
        "record-enabled.v1",
        "record-set-pending.v1",
    }


def has_personal_part(model: type[Facts]) -> bool:
    field = model.model_fields.get("personal")
    return field is not None and Envelope in get_args(field.annotation)


def texts_of(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for item in value.values() for text in texts_of(item)]
        case list():
            return [text for item in value for text in texts_of(item)]
        case str() if len(value) > 1:
            return [value]
        case _:
            return []


def with_parsed_times(value: Any) -> Any:
    """The value with every timestamp parsed, so that notations do not matter."""
    match value:
        case dict():
            return {name: with_parsed_times(item) for name, item in value.items()}
        case list():
            return [with_parsed_times(item) for item in value]
        case str() if TIMESTAMP.fullmatch(value):
            return datetime.fromisoformat(value)
        case _:
            return value
