"""A consumer as a service declares it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.messaging.checkpoints import Checkpoints, LetterKey
from vinculo.messaging.consumed_event import TopicSource
from vinculo.messaging.decoding import DecodedRecord, decode_record, event_key

MAX_TRIES = 5


@dataclass(frozen=True)
class Consumer:
    """`group` and the topics of the sources are full names, prefix included.

    `discarded` are records that an operator has discarded: when they are read again, their versions
    are skipped.

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
    discarded: Collection[LetterKey] = frozenset()

    def source_of(self, topic: str) -> TopicSource | None:
        return self._source_by_topic.get(topic)

    def decode(self, record: ConsumerRecord) -> DecodedRecord:
        """Decode a record; nothing in it raises.

        Raises:
            KeyError: its topic is not consumed.

        """
        decoded = decode_record(record, self._source_by_topic[record.topic])
        if self.discarded and is_resolved(letter_key(record), self.discarded):
            return decoded.without_effect()
        return decoded

    @cached_property
    def _source_by_topic(self) -> Mapping[str, TopicSource]:
        return {source.topic: source for source in self.sources}


def letter_key(record: ConsumerRecord) -> LetterKey:
    return LetterKey(record.topic, record.partition, record.offset, event_key(record))


def is_resolved(key: LetterKey, resolved: Collection[LetterKey]) -> bool:
    """Whether a dead letter is resolved; older versions of the code named its place only."""
    return key in resolved or key._replace(event_key="") in resolved
