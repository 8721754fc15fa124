"""The slices of a population."""

import pytest

from vinculo.population.worker import WorkerSlice


@pytest.mark.parametrize(("people", "processes"), [(1, 1), (200, 2), (950, 3)])
def test_slices_contain_every_person_once(people: int, processes: int) -> None:
    slices = [WorkerSlice(index=index, count=processes) for index in range(processes)]
    numbers = [n for worker_slice in slices for block in worker_slice.blocks(people) for n in block]

    assert sorted(numbers) == list(range(people))
