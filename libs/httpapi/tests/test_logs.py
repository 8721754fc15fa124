"""Logs: JSON by an allow-list, and nothing personal in them whatever happens."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from vinculo.process import configure_logging
from vinculo.process.log_allowlist import ALLOWED_KEYS
from vinculo.process.logs import rendered

from .api_under_test import caller, things_app


class Lines:
    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("things")
    yield Lines(stream)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)


def test_a_line_is_json_with_service_level_and_time(lines: Lines) -> None:
    structlog.get_logger().info("dossier-opened", stream_id="dossier-1", version=3)

    (line,) = lines.all()
    assert line["event"] == "dossier-opened"
    assert line["service"] == "things"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    assert (line["stream_id"], line["version"]) == ("dossier-1", 3)


def test_a_key_not_on_the_list_is_dropped_and_only_named(lines: Lines) -> None:
    structlog.get_logger().info("x", email="canary@example.com", topic="documents.dossiers")

    (line,) = lines.all()
    assert line["dropped_keys"] == ["email"]
    assert line["topic"] == "documents.dossiers"
    assert "canary" not in lines.text


def test_objects_are_told_by_their_class_alone(lines: Lines) -> None:
    class Person(BaseModel):
        name: str

    structlog.get_logger().info("x", state=Person(name="canary"), reason=object())

    assert lines.all()[0]["state"] == "<Person>"
    assert "canary" not in lines.text


def test_ids_and_lists_are_told_as_they_are(lines: Lines) -> None:
    person = uuid4()

    structlog.get_logger().info("x", person_id=person, topics=["a", "b"], checks={"a": 1})

    (line,) = lines.all()
    assert UUID(line["person_id"]) == person
    assert (line["topics"], line["checks"]) == (["a", "b"], {"a": 1})


@pytest.mark.parametrize(
    "text", ["line\r\nbreak", "\x1b[31mred", "\x00", "\ud800", "\u2028", "a" * 100_000]
)
def test_no_text_breaks_a_line(lines: Lines, text: str) -> None:
    structlog.get_logger().info("x", reason=text)

    assert len(lines.text.splitlines()) == 1
    assert len(lines.text) < 1000
    assert "\x1b" not in lines.text
    assert lines.all()[0]["event"] == "x"


def test_an_exception_is_told_without_its_text(lines: Lines) -> None:
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


def test_causes_and_groups_are_told_too(lines: Lines) -> None:
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


def test_an_error_of_the_network_keeps_its_text(lines: Lines) -> None:
    structlog.get_logger().warning("failed", exc_info=ConnectionRefusedError("127.0.0.1:9092"))

    assert lines.all()[0]["exception"][0]["text"] == "127.0.0.1:9092"


def test_a_strange_librarys_message_is_kept_as_a_template_only(lines: Lines) -> None:
    logging.getLogger("stranger").warning("could not mail %s", "canary@example.com")
    logging.getLogger("stranger").warning(f"could not mail {'canary@example.com'}")  # noqa: G004 - a careless library

    first, second = lines.all()
    assert (first["event"], first["logger"]) == ("could not mail %s", "stranger")
    assert second["event"] == "stranger wrote a message"
    assert "canary" not in lines.text


def test_a_known_librarys_message_is_kept_whole(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").warning("no broker at %s", "127.0.0.1:9092")

    assert lines.all()[0]["event"] == "no broker at 127.0.0.1:9092"


def test_our_own_librarys_extras_pass_the_allow_list(lines: Lines) -> None:
    logging.getLogger("vinculo.messaging.relay").warning(
        "relay failed", extra={"relay": "documents", "in_seconds": 1, "email": "canary"}
    )

    (line,) = lines.all()
    assert (line["event"], line["relay"], line["in_seconds"]) == ("relay failed", "documents", 1)
    assert line["dropped_keys"] == ["email"]
    assert "canary" not in lines.text


def test_a_strange_librarys_exception_is_told_without_its_text(lines: Lines) -> None:
    logging.getLogger("stranger").error("failed", exc_info=ValueError("canary"))

    assert lines.all()[0]["error_type"] == "ValueError"
    assert "canary" not in lines.text


async def test_one_line_per_request_without_query_or_path(lines: Lines) -> None:
    async with caller(things_app()) as client:
        await client.get("/things/v1/things/canary?limit=5&email=canary@example.com")
        await client.get("/health/live")

    (line,) = [line for line in lines.all() if line["event"] == "request"]
    assert line["route"] == "/things/v1/things/{thing_id}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["duration_ms"] >= 0
    assert len(line["trace_id"]) == 32
    assert UUID(line["correlation_id"])
    assert "canary" not in lines.text


async def test_a_fault_is_logged_with_the_trace_id_that_the_caller_was_told(lines: Lines) -> None:
    async with caller(things_app()) as client:
        trace_id = (await client.get("/things/v1/failures")).json()["trace_id"]

    (fault,) = [line for line in lines.all() if line["event"] == "request-failed"]
    assert fault["trace_id"] == trace_id
    assert fault["error_type"] == "RuntimeError"
    assert "canary" not in lines.text


async def test_refused_values_are_in_no_log(lines: Lines) -> None:
    async with caller(things_app()) as client:
        await client.post("/things/v1/things", json={"name": ["canary"], "canary": "canary"})
        await client.post("/things/v1/things", content=b"canary")

    assert "canary" not in lines.text


def test_a_service_may_allow_keys_of_its_own() -> None:
    assert rendered({"colour": "red"}, ALLOWED_KEYS | {"colour"}) == '{"colour": "red"}'


def test_the_list_allows_nothing_that_sounds_personal() -> None:
    personal = {"name", "email", "phone", "document_number", "password", "token", "body", "url"}

    assert not ALLOWED_KEYS & personal
