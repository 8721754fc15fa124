"""A consumer as a service declares it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vinculo.messaging.checkpoints import Checkpoints
from vinculo.messaging.consumed_event import TopicSource

MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class Consumer:
    """`group` and the topics of the sources are full names, prefix included.

    An event is poison, and its stream is quarantined, if applying it raises PoisonMessage or if
    the database or the store refuses a value. The same happens after `max_tries` if it raises any
    other error when applied alone. Errors of an unavailable server are retried without limit.
    """

    group: str
    sources: Sequence[TopicSource]
    checkpoints: Checkpoints
    kafka: str = "127.0.0.1:9092"
    session_timeout_ms: int = 10_000
    max_tries: int = MAX_TRIES

    def source_of(self, topic: str) -> TopicSource | None:
        return next((source for source in self.sources if source.topic == topic), None)
