"""The events of generated people: reproducible, ordered, and accepted by the services' deciders."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from vinculo.contracts import onboarding, parse
from vinculo.customer_registry.domain.customer import Customer, ErasedRecord, PreCustomer
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.documents.domain.dossier import DossierStatus, OpenedDossier
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.eventstore import Category, StoredEvent
from vinculo.onboarding.domain.application import ErasedApplication, InProgress, Step
from vinculo.population.lifecycles import LastStep
from vinculo.population.person_generator import REGISTRATION_PERIOD, PopulationSpec
from vinculo.population.person_streams import CreditReport, PersonStreams

from .generated_people import (
    INSTALLATION,
    PEOPLE,
    UNTIL,
    all_records,
    category_of,
    generate,
    stream_events,
    type_of,
)


def folded(category: Category[Any, Any, Any], history: PersonStreams) -> Any:
    """The state that the service owning the stream would fold from its event store."""
    events = [event for event in stream_events(history) if category_of(event) == category.name]
    return category.decider.fold(category.codec.decode(event) for event in events)


def without_ciphertext(history: PersonStreams) -> list[StoredEvent | CreditReport]:
    """Nonces are random."""
    return [
        event
        if isinstance(event, CreditReport) or event.personal is None
        else replace(event, personal={})
        for event in history.events
    ]


def test_the_same_seed_gives_the_same_people_and_events() -> None:
    again = [generate(number) for number in range(300)]

    assert [history.person for history in again] == [history.person for history in PEOPLE]
    assert [*map(without_ciphertext, again)] == [*map(without_ciphertext, PEOPLE)]
    other = generate(0, PopulationSpec(people=300, seed=8, until=UNTIL))
    assert without_ciphertext(other) != without_ciphertext(PEOPLE[0])


def test_documents_addresses_and_ids_are_unique() -> None:
    people = [history.person for history in PEOPLE]
    ids = [event.event_id for history in PEOPLE for event in history.events]

    assert len({(person.document_type, person.document_number) for person in people}) == 300
    assert len({person.email for person in people}) == 300
    assert len({person.person_id for person in people}) == 300
    assert len(set(ids)) == len(ids)


def test_versions_of_a_stream_start_at_one_without_gaps() -> None:
    for history in PEOPLE:
        streams: dict[str, list[int]] = {}
        for event in stream_events(history):
            streams.setdefault(event.stream_id, []).append(event.version)
        for versions in streams.values():
            assert versions == list(range(1, len(versions) + 1))


def test_events_are_in_order_of_time_and_within_the_period() -> None:
    for history in PEOPLE:
        times = [event.recorded_at for event in history.events]
        assert times == sorted(times)
        assert UNTIL - REGISTRATION_PERIOD - timedelta(days=1) < times[0]
        assert times[-1] <= UNTIL
        assert [*history.onboarding_events, *history.later_events] == history.events


def test_the_stored_events_fold_to_the_end_of_the_lifecycle() -> None:
    for history in PEOPLE:
        lifecycle = history.person.lifecycle
        match folded(CUSTOMERS, history):
            case ErasedRecord():
                assert lifecycle.is_erased
            case PreCustomer(status=status):
                assert (lifecycle.kind.value, lifecycle.status.value) == (
                    "pre_customer",
                    status.value,
                )
            case Customer(status=status):
                assert (lifecycle.kind.value, lifecycle.status.value) == ("customer", status.value)
            case other:
                raise AssertionError(other)
        application = folded(INSTALLATION.applications, history)
        if lifecycle.is_erased:
            assert application == ErasedApplication()
        else:
            assert isinstance(application, InProgress)
            assert application.lapsed == lifecycle.is_lapsed
            assert (Step.EMAIL in application.done) == (lifecycle.last_step >= LastStep.ACTIVATED)
        dossier = folded(DOSSIERS, history)
        assert isinstance(dossier, OpenedDossier)
        if lifecycle.is_rejected and not lifecycle.is_replaced:
            assert dossier.status is DossierStatus.OPEN
        elif lifecycle.last_step < LastStep.COMPLETED:
            assert dossier.documents == {}
        elif lifecycle.last_step is LastStep.PROMOTED and history.person.project == "default":
            assert dossier.status is DossierStatus.ACCEPTED
        else:
            assert dossier.status is DossierStatus.SUBMITTED


def test_some_people_with_an_account_withdraw_a_consent() -> None:
    withdrawn = onboarding.ConsentWithdrawn
    found = [r for r in all_records() if type_of(r) == "consent-withdrawn.v1"]
    assert found
    assert all(
        isinstance(parse("onboarding.applications", type_of(r), r.value), withdrawn) for r in found
    )
