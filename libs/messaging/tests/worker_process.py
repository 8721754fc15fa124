"""A worker in a separate process, a relay and a consumer, for a test that reads its log."""

import asyncio
import sys

from vinculo.eventstore import create_engine
from vinculo.messaging import Relay, run_consumer
from vinculo.process import configure_logging

from .consumer_harness import consumer_of
from .recorded_events import Recorder
from .relay_process import to_topic


async def main(url: str, kafka: str) -> None:
    configure_logging("tested")
    relay = Relay(url, kafka, lambda event: to_topic("talks", event), "tested", topics={})
    consumer = consumer_of(
        "tested", "talks", "loans", engine=create_engine(url), recorder=Recorder(), kafka=kafka
    )
    await asyncio.gather(relay.run(), run_consumer(consumer))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
