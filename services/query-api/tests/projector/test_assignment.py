"""Which checkpoints a worker reads again."""

from dataclasses import dataclass
from typing import cast
from unittest.mock import AsyncMock

import pytest
from aiokafka import TopicPartition as KafkaPartition  # type: ignore[import-untyped]

from vinculo.query_api.generations import Checkpoint
from vinculo.query_api.mongo import Collection
from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.projector.consumer import PartitionAssignment

PARTITION = TopicPartition("talks", 0)


@dataclass
class AssignedConsumer:
    """Has one partition with this last known end."""

    end: int | None

    def assignment(self) -> set[KafkaPartition]:
        return {KafkaPartition(*PARTITION)}

    def highwater(self, _partition: KafkaPartition) -> int | None:
        return self.end


@pytest.mark.parametrize(("end", "is_kept"), [(None, True), (5, True), (9, True), (4, False)])
def test_a_checkpoint_beyond_the_end_of_its_topic_is_read_again(
    *, end: int | None, is_kept: bool
) -> None:
    positions = cast("Collection[Checkpoint]", None)
    assignment = PartitionAssignment(AssignedConsumer(end), "", {}, positions, AsyncMock())
    assignment.checkpoints[PARTITION] = 5

    assignment.invalidate_recreated()

    assert (PARTITION in assignment.checkpoints) is is_kept
