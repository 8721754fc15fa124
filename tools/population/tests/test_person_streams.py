"""Commands of generated people must lead to events."""

from datetime import date

import pytest

from vinculo.onboarding.domain.activation_decisions import ActivateSubmission, LinkUsed
from vinculo.onboarding.domain.application import InProgress
from vinculo.onboarding.domain.application_decisions import CompleteApplication
from vinculo.onboarding.domain.submission import PersonDetails
from vinculo.population.lifecycles import LastStep
from vinculo.population.person_streams import QuietCommandError

from .generated_people import INSTALLATION, PEOPLE, SPEC, generate

PERSON = PersonDetails(
    document_number="1032456789",
    given_names="Ana",
    surnames="Ruiz",
    birth_date=date(1990, 5, 17),
    email="ana@example.com",
    phone="+573001234567",
)
PROMOTED = next(h.person for h in PEOPLE if h.person.lifecycle.last_step is LastStep.PROMOTED)


def test_a_command_without_events_is_an_error() -> None:
    streams = generate(PROMOTED.number)
    with pytest.raises(QuietCommandError, match="CompleteApplication led to no event"):
        streams.handle(INSTALLATION.applications, CompleteApplication(now=SPEC.until))


def test_a_command_that_a_service_refuses_is_an_error() -> None:
    streams = generate(PROMOTED.number)
    application = streams.state_of(INSTALLATION.applications)
    assert isinstance(application, InProgress)
    assert application.activation_link is not None
    command = ActivateSubmission(
        submission_id=application.registration_id,
        link_id=application.activation_link,
        person=PERSON,
        now=SPEC.until,
    )
    with pytest.raises(LinkUsed):
        streams.handle(INSTALLATION.applications, command)
