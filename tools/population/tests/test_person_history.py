"""The events of generated people: reproducible, ordered, and accepted by the services' deciders."""

from datetime import datetime, timedelta
from typing import Any

from vinculo.contracts import onboarding, parse
from vinculo.customer_registry.domain.customer import Customer, ErasedRecord, PreCustomer
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.documents.domain.dossier import DossierStatus, OpenedDossier
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.eventstore import Category
from vinculo.onboarding.storage.streams import application_category
from vinculo.population.event_builder import EventBuilder
from vinculo.population.lifecycles import LastStep
from vinculo.population.person_generator import REGISTRATION_PERIOD, PopulationSpec
from vinculo.population.person_history import person_history

from .generated_people import PEOPLE, SPEC, UNTIL, all_records, stored, type_of


def folded(category: Category[Any, Any, Any], history: EventBuilder) -> Any:
    """The state that the service owning the stream would fold."""
    events = [stored(history, event) for event in history.events if event.category == category.name]
    return category.decider.fold(category.codec.decode(event) for event in events)


def test_the_same_seed_gives_the_same_people_and_events() -> None:
    again = [person_history(SPEC, number) for number in range(300)]

    assert [history.person for history in again] == [history.person for history in PEOPLE]
    assert [history.events for history in again] == [history.events for history in PEOPLE]
    other = PopulationSpec(people=300, seed=8, until=UNTIL)
    assert person_history(other, 0).events != PEOPLE[0].events


def test_documents_addresses_and_ids_are_unique() -> None:
    people = [history.person for history in PEOPLE]
    ids = [event.event_id for history in PEOPLE for event in history.events]

    assert len({(person.document_type, person.document_number) for person in people}) == 300
    assert len({person.email for person in people}) == 300
    assert len({person.person_id for person in people}) == 300
    assert len(set(ids)) == len(ids)


def test_versions_of_a_stream_start_at_one_without_gaps() -> None:
    for history in PEOPLE:
        streams: dict[tuple[str, str], list[int]] = {}
        for event in history.events:
            if not event.category.startswith(("loan", "credit")):
                streams.setdefault((event.category, event.stream), []).append(event.version)
        for versions in streams.values():
            assert versions == list(range(1, len(versions) + 1))


def test_events_are_in_order_of_time_and_within_the_period() -> None:
    for history in PEOPLE:
        times = [datetime.fromisoformat(event.time) for event in history.events]
        assert times == sorted(times)
        assert UNTIL - REGISTRATION_PERIOD - timedelta(days=1) < times[0]
        assert times[-1] <= UNTIL
        is_delayed = [event.is_delayed for event in history.events]
        assert is_delayed == sorted(is_delayed)


def test_the_deciders_of_the_services_fold_to_the_end_of_the_lifecycle() -> None:
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
        folded(application_category(), history)
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


def test_some_people_withdraw_a_consent() -> None:
    withdrawn = onboarding.ConsentWithdrawn
    found = [r for r in all_records() if type_of(r) == "consent-withdrawn.v1"]
    assert found
    assert all(
        isinstance(parse("onboarding.applications", type_of(r), r.value), withdrawn) for r in found
    )
