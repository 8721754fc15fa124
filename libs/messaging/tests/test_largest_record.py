import pytest
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import MessageSizeTooLargeError  # type: ignore[import-untyped]

from vinculo.messaging import read_dead_letters
from vinculo.testing.fixture_types import MakeTopics

from .consuming_stage import Stage
from .recorded_events import headers, running, subject_of

pytestmark = pytest.mark.servers

MORE_THAN_A_TOPIC_TAKES = 2 * 1024 * 1024


async def test_the_largest_record_that_a_topic_takes_is_dead_lettered(
    stage: Stage, make_topics: MakeTopics
) -> None:
    (scratch,) = await make_topics("scratch")
    size = await put_largest(stage, scratch)
    await stage.say("talk-b", 1)

    async with running(stage.consumer):
        await stage.has_effects(1)
        await stage.has_dead_letters(1)

    (letter,) = await read_dead_letters(stage.consumer.kafka, stage.consumer.group)
    assert letter.topic == stage.topic
    assert letter.record.value == b"x" * size
    assert size > 1024 * 1024 - 1024


async def put_largest(stage: Stage, scratch: str) -> int:
    """Find by halving, on a topic that nobody listens to, how long a value Kafka takes."""
    key = str(subject_of("talk-a")).encode()
    producer = AIOKafkaProducer(
        bootstrap_servers=stage.consumer.kafka, max_request_size=MORE_THAN_A_TOPIC_TAKES
    )

    async def put(topic: str, size: int) -> bool:
        named = headers("talk-a", 1)
        try:
            await producer.send_and_wait(topic, b"x" * size, key=key, headers=named)
        except MessageSizeTooLargeError:
            return False
        return True

    async with producer:
        taken, refused = 0, MORE_THAN_A_TOPIC_TAKES
        while refused - taken > 1:
            middle = (taken + refused) // 2
            if await put(scratch, middle):
                taken = middle
            else:
                refused = middle
        assert await put(stage.topic, taken)
    return taken
