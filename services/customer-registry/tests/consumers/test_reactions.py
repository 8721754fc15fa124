"""What the events of other services mean to the registry."""

from vinculo.contracts import event_types, parser, topics, types_of
from vinculo.customer_registry.consumers.consumer import _handler_for
from vinculo.customer_registry.consumers.reactions import RELEVANT_EVENTS
from vinculo.messaging import TopicSource, decode
from vinculo.testing.golden_examples import golden_record


def test_exactly_the_events_with_a_reaction_are_relevant() -> None:
    """Events of other types are not decoded, so a missing one would lose its reaction."""
    for topic in (
        topics.ONBOARDING_APPLICATIONS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
    ):
        source, relevant = TopicSource(topic, parser(topic)), types_of(topic, RELEVANT_EVENTS)
        for type_ in event_types(topic):
            event = decode(golden_record(topic, type_), source)
            assert (_handler_for(event) is not None) == (type_ in relevant), type_
