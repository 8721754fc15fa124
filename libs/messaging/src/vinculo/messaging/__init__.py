"""CloudEvents on Kafka: consumers that lose nothing, quarantine, dead letters."""

from vinculo.messaging.cloud_events import cloud_events, rfc3339
from vinculo.messaging.consumer import Apply, Consumer
from vinculo.messaging.dead_letters import (
    DeadLetter,
    DeadLetters,
    dead_letter_topic,
    read_dead_letters,
)
from vinculo.messaging.decoding import decode, headers_of, stream_position
from vinculo.messaging.failures import reason_of
from vinculo.messaging.readiness import topics_check
from vinculo.messaging.received import Broken, Received, Source
from vinculo.messaging.replay import (
    EarlierVersionWaits,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
)
from vinculo.messaging.replay_report import ReplayReport
from vinculo.messaging.subscriber import run_consumer
from vinculo.messaging.verdicts import (
    ReplayVerdict,
    StreamState,
    Verdict,
    after,
    is_released,
    judge,
    judge_replay,
)

__all__ = [
    "Apply",
    "Broken",
    "Consumer",
    "DeadLetter",
    "DeadLetters",
    "EarlierVersionWaits",
    "Received",
    "ReplayReport",
    "ReplayVerdict",
    "Source",
    "StreamState",
    "UnknownDeadLetter",
    "Verdict",
    "after",
    "cloud_events",
    "dead_letter_topic",
    "decode",
    "discard",
    "headers_of",
    "is_released",
    "judge",
    "judge_replay",
    "list_dead_letters",
    "read_dead_letters",
    "reason_of",
    "replay",
    "rfc3339",
    "run_consumer",
    "stream_position",
    "topics_check",
]
