"""A relay in a separate process, for tests that kill or stop it.

URL, Kafka and topic are arguments. With a version as fourth, the process stops itself (SIGSTOP)
right before it sends a record of that version.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.messaging import Record, Relay, SerializedEvent
from vinculo.messaging import relay as relay_module
from vinculo.messaging.kafka_producer import Acknowledged, publish
from vinculo.process import configure_logging

VERSION = "version"


def to_topic(topic: str, event: SerializedEvent) -> Record:
    return Record(
        topic,
        event.subject.encode(),
        event.stream_id.encode(),
        [(VERSION, str(event.version).encode())],
    )


def stop_before_sending(version: str) -> None:
    async def publish_after_stop(
        producer: AIOKafkaProducer, records: Sequence[Record]
    ) -> list[Acknowledged]:
        if any(dict(each.headers)[VERSION] == version.encode() for each in records):
            os.kill(os.getpid(), signal.SIGSTOP)
        return await publish(producer, records)

    relay_module.publish = publish_after_stop  # type: ignore[attr-defined,assignment]


async def main(url: str, kafka: str, topic: str, stopped_version: str = "") -> None:
    configure_logging("tested")
    if stopped_version:
        stop_before_sending(stopped_version)
    relay = Relay(
        url,
        kafka,
        lambda event: to_topic(topic, event),
        "tested",
        topics={},
        topic_prefix=topic,
    )
    await relay.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
