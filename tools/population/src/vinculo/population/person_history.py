"""The complete history of one person, from registration to the end of the lifecycle."""

import random

from vinculo.contracts.customer_registry import Status
from vinculo.population.credit_events import CreditEvents
from vinculo.population.document_events import (
    accept_document,
    complete_application,
    open_dossier,
    receive_document,
    reject_document,
    submit_dossier,
)
from vinculo.population.event_builder import EventBuilder
from vinculo.population.lifecycles import LastStep, Lifecycle
from vinculo.population.onboarding_events import (
    Evidence,
    declare_employment,
    lapse_application,
    register,
    verify_email,
    withdraw_marketing,
)
from vinculo.population.person_generator import PopulationSpec, generate_person
from vinculo.population.registry_events import (
    change_status,
    erase_record,
    evaluate_requirements,
    promote_person,
    record_activation,
    record_lapse,
    record_registration,
)

MARKETING_WITHDRAWN_EVERY = 20


def person_history(spec: PopulationSpec, number: int) -> EventBuilder:
    """The person with this number and all their events, each stream in order."""
    rng = random.Random(spec.seed << 32 | number)  # noqa: S311 - not secret
    person = generate_person(spec, number, rng)
    builder, evidence = EventBuilder(person, spec.until, rng), Evidence({})
    link = register(builder)
    open_dossier(builder)
    record_registration(builder)
    lifecycle = person.lifecycle
    if lifecycle.last_step >= LastStep.ACTIVATED:
        verify_email(builder, link, evidence)
        record_activation(builder)
    if lifecycle.last_step >= LastStep.EMPLOYED:
        declare_employment(builder, evidence)
    if lifecycle.last_step >= LastStep.COMPLETED:
        _review(builder, complete_application(builder, evidence), evidence)
    evaluate_requirements(builder, evidence)
    if lifecycle.last_step is LastStep.PROMOTED:
        promote_person(builder, evidence)
    builder.end_onboarding()
    _after_onboarding(builder, lifecycle)
    return builder


def _review(builder: EventBuilder, document: str, evidence: Evidence) -> None:
    lifecycle = builder.person.lifecycle
    if lifecycle.is_rejected:
        reject_document(builder, document)
    if lifecycle.is_replaced:
        document = receive_document(builder)
        submit_dossier(builder, document)
    if lifecycle.last_step is LastStep.PROMOTED and builder.person.project == "default":
        accept_document(builder, document, evidence)


def _after_onboarding(builder: EventBuilder, lifecycle: Lifecycle) -> None:
    if lifecycle.is_lapsed:
        builder.advance(60 * 24 * 30)
        record_lapse(builder)
        lapse_application(builder)
    if builder.person.wants_marketing and builder.rng.randrange(MARKETING_WITHDRAWN_EVERY) == 0:
        withdraw_marketing(builder)
    CreditEvents(builder).emit(lifecycle.credit)
    status = Status.ENABLED if lifecycle.last_step is LastStep.PROMOTED else Status.PENDING
    for after in lifecycle.status_changes:
        change_status(builder, status, after)
        status = after
    if lifecycle.is_erased:
        erase_record(builder)
