"""The complete history of one person, from registration to the end of the lifecycle."""

import random
from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.customer_registry.domain.customer import Status
from vinculo.population.credit_history import report_credit
from vinculo.population.installation import Installation
from vinculo.population.lifecycles import LastStep, Lifecycle
from vinculo.population.onboarding_steps import (
    accept_document,
    complete_application,
    declare_employment,
    provide_documents,
    register,
    reject_document,
    verify_email,
    withdraw_marketing,
)
from vinculo.population.person_generator import PopulationSpec, generate_person
from vinculo.population.person_streams import PersonStreams
from vinculo.population.registry_steps import (
    activate_pre_customer,
    change_status,
    erase_record,
    evaluate_requirements,
    lapse_activation,
    register_pre_customer,
)

MARKETING_WITHDRAWN_EVERY = 20


def person_history(
    installation: Installation,
    spec: PopulationSpec,
    number: int,
    new_key: Callable[[UUID], AESGCM],
) -> PersonStreams:
    """The person with this number and all their events, each stream in order.

    `new_key` gives the cipher with the data key of the person whose id it gets.
    """
    rng = random.Random(spec.seed << 32 | number)  # noqa: S311 - not secret
    person = generate_person(spec, number, rng)
    cipher = new_key(person.person_id)
    streams = PersonStreams(installation, person, cipher, until=spec.until, rng=rng)
    link_id = register(streams)
    register_pre_customer(streams)
    lifecycle = person.lifecycle
    if lifecycle.last_step >= LastStep.ACTIVATED:
        verify_email(streams, link_id)
        activate_pre_customer(streams)
    if lifecycle.last_step >= LastStep.EMPLOYED:
        declare_employment(streams)
    if lifecycle.last_step >= LastStep.COMPLETED:
        document_id = provide_documents(streams)
        complete_application(streams)
        _review(streams, document_id)
    evaluate_requirements(streams)
    streams.end_onboarding()
    _after_onboarding(streams, lifecycle)
    return streams


def _review(streams: PersonStreams, document_id: UUID) -> None:
    lifecycle = streams.person.lifecycle
    if lifecycle.is_rejected:
        reject_document(streams, document_id)
    if lifecycle.is_replaced:
        document_id = provide_documents(streams)
    if lifecycle.last_step is LastStep.PROMOTED and streams.person.project == "default":
        accept_document(streams, document_id)


def _after_onboarding(streams: PersonStreams, lifecycle: Lifecycle) -> None:
    if lifecycle.is_lapsed:
        lapse_activation(streams)
    is_withdrawn = (
        streams.person.wants_marketing and streams.rng.randrange(MARKETING_WITHDRAWN_EVERY) == 0
    )
    if is_withdrawn and lifecycle.last_step >= LastStep.ACTIVATED:
        withdraw_marketing(streams)
    report_credit(streams, lifecycle.credit)
    for status in lifecycle.status_changes:
        change_status(streams, Status(status))
    if lifecycle.is_erased:
        erase_record(streams)
