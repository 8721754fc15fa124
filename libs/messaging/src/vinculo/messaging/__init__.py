"""Events over Kafka as CloudEvents: relay, consumers with checkpoints, quarantine, dead letters."""

from vinculo.messaging.cloud_events import cloud_events, rfc3339
from vinculo.messaging.consumer import Apply, ConsumedEvent, Consumer, PoisonMessage, TopicSource
from vinculo.messaging.dead_letters import (
    DeadLetter,
    DeadLetters,
    dead_letter_topic,
    read_dead_letters,
)
from vinculo.messaging.decoding import decode, headers_of, stream_position
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.kafka_producer import Record
from vinculo.messaging.metrics import topics_check
from vinculo.messaging.ordering_policy import (
    Disposition,
    ReplayDisposition,
    StreamState,
    decide_disposition,
    decide_replay,
    is_released,
    next_state,
)
from vinculo.messaging.relay import Relay
from vinculo.messaging.replay import (
    EarlierVersionPending,
    ReplayReport,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
)
from vinculo.messaging.subscription import run_consumer

__all__ = [
    "Apply",
    "ConsumedEvent",
    "Consumer",
    "DeadLetter",
    "DeadLetters",
    "Disposition",
    "EarlierVersionPending",
    "PoisonMessage",
    "Record",
    "Relay",
    "ReplayDisposition",
    "ReplayReport",
    "StreamState",
    "TopicSource",
    "UnknownDeadLetter",
    "cloud_events",
    "dead_letter_topic",
    "decide_disposition",
    "decide_replay",
    "decode",
    "discard",
    "headers_of",
    "is_released",
    "list_dead_letters",
    "next_state",
    "read_dead_letters",
    "replay",
    "rfc3339",
    "run_consumer",
    "safe_reason",
    "stream_position",
    "topics_check",
]
