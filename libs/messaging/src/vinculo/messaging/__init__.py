"""Events over Kafka as CloudEvents: relay, consumers with checkpoints, quarantine, dead letters."""

from vinculo.messaging.checkpoints import (
    Checkpoints,
    DecidedRecord,
    FaultKind,
    LetterKey,
    Outcome,
    QuarantinedStream,
    Resolution,
    SkippedRun,
    UnitOfWork,
)
from vinculo.messaging.cloud_events import (
    SerializedEvent,
    cloud_events,
    prefixed,
    rfc3339,
    serialized,
)
from vinculo.messaging.consumed_event import ConsumedEvent, PoisonMessage, TopicSource
from vinculo.messaging.consumer import MAX_TRIES, Consumer, is_resolved, letter_key
from vinculo.messaging.dead_letter_retention import dead_letter_pruning_job, prune_dead_letters
from vinculo.messaging.dead_letters import (
    DeadLetter,
    DeadLetters,
    dead_letter_topic,
    read_dead_letters,
)
from vinculo.messaging.decoding import (
    DecodedRecord,
    decode,
    decode_record,
    event_key,
    headers_of,
    stream_position,
    subject_of,
)
from vinculo.messaging.error_kinds import fault_kind
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.kafka_consumer import no_stray_cancellation, started
from vinculo.messaging.kafka_producer import Record
from vinculo.messaging.log_positions import LogPosition, missing_records, positions_at
from vinculo.messaging.metrics import topics_check
from vinculo.messaging.ordering_policy import (
    Arrival,
    Decision,
    Disposition,
    QuarantineReason,
    ReplayDisposition,
    StreamState,
    decide,
    decide_replay,
    is_released,
    next_state,
    released,
)
from vinculo.messaging.partition_processor import (
    BatchProgress,
    DeadLetterSink,
    PartitionProcessor,
    decide_all,
)
from vinculo.messaging.postgres_checkpoints import Apply, PostgresCheckpoints
from vinculo.messaging.quarantine_retries import RETRY_SECONDS, QuarantineRetries
from vinculo.messaging.relay import Relay
from vinculo.messaging.replay import (
    EarlierVersionPending,
    NotDiverged,
    PendingDeadLetter,
    ReplayReport,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
    replay_pending,
    resync,
    rewind_diverged,
)
from vinculo.messaging.republish import PublishedStreams, republish
from vinculo.messaging.stalled_partitions import StalledPartitions
from vinculo.messaging.subscription import run_consumer
from vinculo.messaging.topic_reader import TopicReader

__all__ = [
    "MAX_TRIES",
    "RETRY_SECONDS",
    "Apply",
    "Arrival",
    "BatchProgress",
    "Checkpoints",
    "ConsumedEvent",
    "Consumer",
    "DeadLetter",
    "DeadLetterSink",
    "DeadLetters",
    "DecidedRecord",
    "Decision",
    "DecodedRecord",
    "Disposition",
    "EarlierVersionPending",
    "FaultKind",
    "LetterKey",
    "LogPosition",
    "NotDiverged",
    "Outcome",
    "PartitionProcessor",
    "PendingDeadLetter",
    "PoisonMessage",
    "PostgresCheckpoints",
    "PublishedStreams",
    "QuarantineReason",
    "QuarantineRetries",
    "QuarantinedStream",
    "Record",
    "Relay",
    "ReplayDisposition",
    "ReplayReport",
    "Resolution",
    "SerializedEvent",
    "SkippedRun",
    "StalledPartitions",
    "StreamState",
    "TopicReader",
    "TopicSource",
    "UnitOfWork",
    "UnknownDeadLetter",
    "cloud_events",
    "dead_letter_pruning_job",
    "dead_letter_topic",
    "decide",
    "decide_all",
    "decide_replay",
    "decode",
    "decode_record",
    "discard",
    "event_key",
    "fault_kind",
    "headers_of",
    "is_released",
    "is_resolved",
    "letter_key",
    "list_dead_letters",
    "missing_records",
    "next_state",
    "no_stray_cancellation",
    "positions_at",
    "prefixed",
    "prune_dead_letters",
    "read_dead_letters",
    "released",
    "replay",
    "replay_pending",
    "republish",
    "resync",
    "rewind_diverged",
    "rfc3339",
    "run_consumer",
    "safe_reason",
    "serialized",
    "started",
    "stream_position",
    "subject_of",
    "topics_check",
]
