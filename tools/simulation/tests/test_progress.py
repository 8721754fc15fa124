"""The expected number of occurrences of each step."""

from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.simulation.progress import Step, expected_steps
from vinculo.simulation.scenarios import make_scenarios

PEOPLE = make_people(200, seed=7, payers=payers())


def test_each_step_is_expected_less_often_than_the_previous_one() -> None:
    steps = expected_steps(make_scenarios(PEOPLE, seed=7))

    order = [Step.REGISTERED, Step.ACTIVATED, Step.EMPLOYED, Step.DOCUMENTS, Step.COMPLETED]
    counts = [steps[step] for step in order]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 200
    assert len(set(counts)) == len(counts)
