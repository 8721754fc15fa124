"""What the events of other services mean to the registry."""

from vinculo.contracts import event_types, parser, topics, types_of
from vinculo.customer_registry.consumers.consumer import _handler_for
from vinculo.customer_registry.consumers.reactions import (
    RELEVANT_EVENTS,
    SUBMISSION_FACTS,
    facts_from,
)
from vinculo.customer_registry.evaluation.facts import CATALOGUE, ClearFact, Fact, FactType
from vinculo.messaging import TopicSource, decode
from vinculo.testing.golden_examples import golden_record

PYTHON_TYPES = {FactType.BOOL: bool, FactType.INT: int, FactType.STRING: str}


def test_exactly_the_events_with_a_reaction_are_relevant() -> None:
    """Events of other types are not decoded, so a missing one would lose its reaction."""
    for topic in (
        topics.ONBOARDING_APPLICATIONS,
        topics.ONBOARDING_DOCUMENT_CLAIMS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
    ):
        source, relevant = TopicSource(topic, parser(topic)), types_of(topic, RELEVANT_EVENTS)
        for type_ in event_types(topic):
            event = decode(golden_record(topic, type_), source)
            if type_ in relevant:
                assert _handler_for(event) is not None, f"the example of {type_} proves nothing"
            else:
                assert _handler_for(event) is None, f"{type_} is not in RELEVANT_EVENTS"


def test_a_submission_replaces_exactly_the_facts_that_it_states() -> None:
    topic = topics.ONBOARDING_APPLICATIONS
    record = golden_record(topic, "submission-received.v1")

    assert facts_from(decode(record, TopicSource(topic, parser(topic)))).keys() == SUBMISSION_FACTS


def test_the_events_prove_exactly_the_facts_of_the_catalogue_in_their_types() -> None:
    """A name that only one side has would leave a requirement missing for every person."""
    facts: dict[str, Fact] = {}
    for topic in (topics.ONBOARDING_APPLICATIONS, topics.DOCUMENTS_DOSSIERS):
        source = TopicSource(topic, parser(topic))
        for type_ in event_types(topic):
            facts |= facts_from(decode(golden_record(topic, type_), source))

    proved = {*facts, "active_loans"}  # counted from the reports of loans
    assert not proved - CATALOGUE.keys(), "facts that the catalogue lacks"
    assert not CATALOGUE.keys() - proved, "facts that no event proves"
    for name, fact in facts.items():
        definition = CATALOGUE[name]
        assert isinstance(fact, ClearFact) != definition.personal, name
        if isinstance(fact, ClearFact):
            assert type(fact.value) is PYTHON_TYPES[definition.type], name
