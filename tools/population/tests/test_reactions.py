"""The table of reacting services leaves out no reaction."""

from typing import Final, get_args

from vinculo.population.reactions import (
    CONSUMED_TOPICS,
    REACTING_SERVICES,
    Reactions,
    Service,
    reactions_to,
)

from .generated_people import INSTALLATION, PEOPLE, category_of, stream_events

ALL_SERVICES: Final = frozenset[Service](get_args(Service))
NO_REACTIONS: Final = Reactions(
    application=None, dossier=None, message=None, facts={}, completed_at=None
)


def test_services_left_out_by_the_table_do_not_react_to_any_event() -> None:
    sets = INSTALLATION.requirement_sets
    reacted = set()
    for history in PEOPLE:
        for event in stream_events(history):
            topic = CONSUMED_TOPICS.get(category_of(event))
            if topic is None:
                assert category_of(event) in {"message", "credit"}
                continue
            services = REACTING_SERVICES.get(event.type, frozenset())
            reactions = reactions_to(event, topic, sets, services)
            assert reactions == reactions_to(event, topic, sets, ALL_SERVICES)
            if reactions != NO_REACTIONS:
                reacted.add(event.type)

    assert reacted == set(REACTING_SERVICES)
