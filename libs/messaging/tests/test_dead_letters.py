import pytest
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    KafkaConnectionError,
    MessageSizeTooLargeError,
)

from vinculo.messaging import DeadLetters, QuarantineReason, read_dead_letters
from vinculo.testing.fixture_types import MakeTopics

from .consumer_harness import Harness
from .recorded_events import headers, record, running, subject_of, value

NOWHERE = "127.0.0.1:1"
MORE_THAN_A_TOPIC_ACCEPTS = 2 * 1024 * 1024


async def test_a_dead_letter_that_is_not_acknowledged_is_an_error() -> None:
    dead_letters = DeadLetters(NOWHERE, "group")

    with pytest.raises(KafkaConnectionError):
        await dead_letters.put(
            record(headers("talk-a", 1), value()), QuarantineReason.POISON, "broken"
        )

    await dead_letters.close()


@pytest.mark.servers
async def test_the_largest_record_of_a_topic_can_be_dead_lettered(
    harness: Harness, make_topics: MakeTopics
) -> None:
    (scratch,) = await make_topics("scratch")
    size = await put_largest(harness, scratch)
    await harness.send_events("talk-b", 1)

    async with running(harness.consumer):
        await harness.wait_for_effects(1)
        await harness.wait_for_dead_letters(1)

    (letter,) = await read_dead_letters(harness.consumer.kafka, harness.consumer.group)
    assert letter.topic == harness.topic
    assert letter.record.value == b"x" * size
    assert size > 1024 * 1024 - 1024


async def put_largest(harness: Harness, scratch: str) -> int:
    """Send the largest record that Kafka accepts; its size is found by bisection on `scratch`."""
    key = str(subject_of("talk-a")).encode()
    producer = AIOKafkaProducer(
        bootstrap_servers=harness.consumer.kafka, max_request_size=MORE_THAN_A_TOPIC_ACCEPTS
    )

    async def put(topic: str, size: int) -> bool:
        try:
            await producer.send_and_wait(topic, b"x" * size, key=key, headers=headers("talk-a", 1))
        except MessageSizeTooLargeError:
            return False
        return True

    async with producer:
        accepted, refused = 0, MORE_THAN_A_TOPIC_ACCEPTS
        while refused - accepted > 1:
            middle = (accepted + refused) // 2
            if await put(scratch, middle):
                accepted = middle
            else:
                refused = middle
        assert await put(harness.topic, accepted)
    return accepted
