"""A relay in a separate process, for tests that kill it: URL, Kafka and topic are arguments."""

import asyncio
import sys

from vinculo.messaging import Record, Relay, SerializedEvent

VERSION = "version"


def to_topic(topic: str, event: SerializedEvent) -> Record:
    return Record(
        topic,
        event.subject.encode(),
        event.stream_id.encode(),
        [(VERSION, str(event.version).encode())],
    )


async def main(url: str, kafka: str, topic: str) -> None:
    relay = Relay(url, kafka, lambda event: to_topic(topic, event), "tested")
    await relay.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
