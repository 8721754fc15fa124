"""A consumer in a separate process, for tests that kill it."""

import asyncio
import sys

from vinculo.eventstore import create_engine
from vinculo.messaging import run_consumer

from .consumer_harness import consumer_of
from .recorded_events import Recorder


async def main(group: str, topic: str, loans: str, url: str, kafka: str) -> None:
    engine = create_engine(url)
    await run_consumer(
        consumer_of(group, topic, loans, engine=engine, recorder=Recorder(), kafka=kafka)
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:6]))
