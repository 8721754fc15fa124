"""Commands of generated people must lead to events."""

import pytest

from vinculo.onboarding.domain.activation_decisions import LinkUsed, VerifyEmail
from vinculo.onboarding.domain.application import InProgress
from vinculo.onboarding.domain.application_decisions import CompleteApplication
from vinculo.population.lifecycles import LastStep
from vinculo.population.person_streams import QuietCommandError

from .generated_people import INSTALLATION, PEOPLE, SPEC, generate

PROMOTED = next(h.person for h in PEOPLE if h.person.lifecycle.last_step is LastStep.PROMOTED)


def test_a_command_without_events_is_an_error() -> None:
    streams = generate(PROMOTED.number)
    with pytest.raises(QuietCommandError, match="CompleteApplication led to no event"):
        streams.handle(INSTALLATION.applications, CompleteApplication(now=SPEC.until))


def test_a_command_that_a_service_refuses_is_an_error() -> None:
    streams = generate(PROMOTED.number)
    application = streams.state_of(INSTALLATION.applications)
    assert isinstance(application, InProgress)
    assert application.latest_link is not None
    command = VerifyEmail(link_id=application.latest_link.link_id, now=SPEC.until)
    with pytest.raises(LinkUsed):
        streams.handle(INSTALLATION.applications, command)
