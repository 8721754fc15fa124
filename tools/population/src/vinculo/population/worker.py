"""One of the processes that write a population: told what to write on standard input.

How far it is, and why it failed, are lines of JSON on standard output.
"""

import asyncio
import base64
import gc
import logging
import signal
import sys
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.population.filling import Log, new_producer
from vinculo.population.inventing import Invention
from vinculo.population.keys import NewKeys
from vinculo.population.portion import Portion, Share
from vinculo.population.records import Recording

YOUNG_OBJECTS = 100_000


async def write(log: Log, invention: Invention, share: Share) -> None:
    keyring = await asyncpg.connect(log.keyring_url)
    try:
        producer = new_producer(log.kafka)
        await producer.start()
        try:
            portion = Portion(
                invention,
                share,
                recording=Recording(log.prefix),
                keys=NewKeys(keyring, base64.b64decode(log.key_encryption_key)),
                producer=producer,
            )
            await portion.write(lambda people, events: _say({"people": people, "events": events}))
        finally:
            await producer.stop()
    finally:
        await keyring.close()


def main() -> None:
    # Whoever started this process is interrupted too, and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    asked: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    until = datetime.fromisoformat(asked["invention"].pop("until"))
    try:
        asyncio.run(
            write(
                Log(**asked["log"]),
                Invention(**asked["invention"], until=until),
                Share(**asked["share"]),
            )
        )
    except (KafkaError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        _say({"failed": f"writing people broke off: {type(error).__name__}: {error}"})
        sys.exit(1)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
