"""Log lines are JSON with allowed keys only, and never contain personal data."""

import logging
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from vinculo.process.logs import ALLOWED_KEYS, to_json_line
from vinculo.process.repeated_lines import RepeatedLines
from vinculo.process.testing import LogLines, captured_log_lines


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with captured_log_lines("things") as lines:
        yield lines


def test_a_line_is_json_with_service_level_and_time(lines: LogLines) -> None:
    structlog.get_logger().info("dossier-opened", stream_id="dossier-1", version=3)

    (line,) = lines.all()
    assert line["event"] == "dossier-opened"
    assert line["service"] == "things"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    assert (line["stream_id"], line["version"]) == ("dossier-1", 3)


def test_a_key_that_is_not_allowed_is_dropped_and_named(lines: LogLines) -> None:
    structlog.get_logger().info("x", email="canary@example.com", topic="documents.dossiers")

    (line,) = lines.all()
    assert line["dropped_keys"] == ["email"]
    assert line["topic"] == "documents.dossiers"
    assert "canary" not in lines.text


def test_objects_are_logged_by_their_class(lines: LogLines) -> None:
    class Person(BaseModel):
        name: str

    structlog.get_logger().info("x", state=Person(name="canary"), reason=object())

    assert lines.all()[0]["state"] == "<Person>"
    assert "canary" not in lines.text


def test_ids_lists_and_mappings_are_logged_as_they_are(lines: LogLines) -> None:
    person = uuid4()

    structlog.get_logger().info("x", person_id=person, topics=["a", "b"], checks={"a": 1})

    (line,) = lines.all()
    assert UUID(line["person_id"]) == person
    assert (line["topics"], line["checks"]) == (["a", "b"], {"a": 1})


@pytest.mark.parametrize(
    "text", ["line\r\nbreak", "\x1b[31mred", "\x00", "\ud800", "\u2028", "a" * 100_000]
)
def test_no_text_breaks_a_log_line(lines: LogLines, text: str) -> None:
    structlog.get_logger().info("x", reason=text)

    assert len(lines.text.splitlines()) == 1
    assert len(lines.text) < 1000
    assert "\x1b" not in lines.text
    assert lines.all()[0]["event"] == "x"


def test_an_exception_is_logged_without_its_message(lines: LogLines) -> None:
    class Person(BaseModel):
        age: int

    try:
        Person.model_validate({"age": "canary"})
    except ValidationError:
        structlog.get_logger().exception("failed")

    (line,) = lines.all()
    assert line["error_type"] == "ValidationError"
    assert any("test_logs.py" in frame for frame in line["exception"][0]["frames"])
    assert "canary" not in lines.text


def test_causes_and_groups_of_exceptions_are_logged(lines: LogLines) -> None:
    error = RuntimeError("canary")
    error.__cause__ = ExceptionGroup("canary", [KeyError("canary"), ValueError("canary")])
    structlog.get_logger().error("failed", exc_info=error)

    types = [entry["type"] for entry in lines.all()[0]["exception"]]
    assert types == [
        "builtins.RuntimeError",
        "builtins.ExceptionGroup",
        "builtins.KeyError",
        "builtins.ValueError",
    ]
    assert "canary" not in lines.text


def test_a_network_error_is_logged_with_its_message(lines: LogLines) -> None:
    structlog.get_logger().warning("failed", exc_info=ConnectionRefusedError("127.0.0.1:9092"))

    assert lines.all()[0]["exception"][0]["text"] == "127.0.0.1:9092"


def test_a_message_of_another_library_is_logged_as_a_template(lines: LogLines) -> None:
    logging.getLogger("other").warning("could not mail %s", "canary@example.com")
    logging.getLogger("other").warning(f"could not mail {'canary@example.com'}")  # noqa: G004 - as some libraries do

    first, second = lines.all()
    assert (first["event"], first["logger"]) == ("could not mail %s", "other")
    assert second["event"] == "other wrote a message"
    assert "canary" not in lines.text


def test_a_message_of_a_trusted_library_is_logged_completely(lines: LogLines) -> None:
    logging.getLogger("uvicorn.error").warning("no broker at %s", "127.0.0.1:9092")

    assert lines.all()[0]["event"] == "no broker at 127.0.0.1:9092"


def test_extra_fields_of_our_own_loggers_pass_the_allow_list(lines: LogLines) -> None:
    logging.getLogger("vinculo.messaging.relay").warning(
        "relay-failed", extra={"relay": "documents", "delay_seconds": 1, "email": "canary"}
    )

    (line,) = lines.all()
    assert (line["event"], line["relay"], line["delay_seconds"]) == ("relay-failed", "documents", 1)
    assert line["dropped_keys"] == ["email"]
    assert "canary" not in lines.text


def test_an_exception_of_another_library_is_logged_without_its_message(lines: LogLines) -> None:
    logging.getLogger("other").error("failed", exc_info=ValueError("canary"))

    assert lines.all()[0]["error_type"] == "ValueError"
    assert "canary" not in lines.text


def test_a_service_may_allow_more_keys() -> None:
    assert to_json_line({"colour": "red"}, ALLOWED_KEYS | {"colour"}) == '{"colour": "red"}'


def test_the_allow_list_has_no_personal_keys() -> None:
    personal = {"name", "email", "phone", "document_number", "password", "token", "body", "url"}

    assert not ALLOWED_KEYS & personal


def test_warnings_that_differ_in_numbers_and_traces_only_are_repetitions(lines: LogLines) -> None:
    log = structlog.get_logger()
    for attempt, consumer in enumerate(["mails", "mails", "mails", "lists"]):
        log.warning("kafka-unreachable", consumer=consumer, attempt=attempt, trace_id=str(uuid4()))
    log.info("request", status=200)
    log.info("request", status=200)

    assert [(line["event"], line.get("consumer")) for line in lines.all()] == [
        ("kafka-unreachable", "mails"),
        ("kafka-unreachable", "lists"),
        ("request", None),
        ("request", None),
    ]


def test_every_failed_request_is_written_with_its_trace(lines: LogLines) -> None:
    log = structlog.get_logger()
    for trace_id in ("a", "a", "b"):
        log.error("request-failed", trace_id=trace_id)

    assert [line["trace_id"] for line in lines.all()] == ["a", "b"]


def test_lines_of_libraries_with_the_same_message_are_repetitions(lines: LogLines) -> None:
    logger = logging.getLogger("uvicorn.error")
    for node in range(1000):
        logger.error("Unable connect to node with id %s", node)
    logger.warning("Heartbeat failed: %s", "coordinator is dead")

    assert [line["event"] for line in lines.all()] == [
        "Unable connect to node with id 0",
        "Heartbeat failed: coordinator is dead",
    ]


def test_the_next_line_has_the_number_of_those_left_out(
    lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RepeatedLines, "admit", lambda *_: 7)
    structlog.get_logger().warning("kafka-unreachable")
    logging.getLogger("uvicorn.error").error("Unable connect")

    assert [line["omitted"] for line in lines.all()] == [7, 7]
