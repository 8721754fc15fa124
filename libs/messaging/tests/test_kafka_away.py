import pytest
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]
from structlog.testing import capture_logs

from vinculo.eventstore import create_engine
from vinculo.messaging import Consumer, DeadLetters, TopicSource, run_consumer
from vinculo.messaging.metrics import topics_check
from vinculo.testing.background import alongside
from vinculo.testing.eventually import eventually

from .recorded_events import Recorder, headers, parse, record, value

NOWHERE = "127.0.0.1:1"


async def test_a_consumer_waits_for_kafka() -> None:
    engine = create_engine("postgresql://u:p@127.0.0.1:1/x")
    consumer = Consumer("group", [TopicSource("talks", parse)], engine, Recorder().apply, NOWHERE)

    def tried_twice() -> bool:
        return len([line for line in lines if line["event"] == "kafka-unreachable"]) > 1

    try:
        with capture_logs() as lines:
            async with alongside(run_consumer(consumer)) as task:
                assert await eventually(tried_twice)
                assert not task.done()
    finally:
        await engine.dispose()


async def test_a_dead_letter_that_is_not_acknowledged_is_an_error() -> None:
    letters = DeadLetters(NOWHERE, "group")

    with pytest.raises(KafkaConnectionError):
        await letters.put(record(headers("talk-a", 1), value()), "broken")

    await letters.close()


async def test_readiness_names_the_absence() -> None:
    with pytest.raises(KafkaConnectionError):
        await topics_check(NOWHERE, ["talks"])()
