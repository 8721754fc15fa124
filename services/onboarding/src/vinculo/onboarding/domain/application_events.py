"""All that happens in the stream of one person's application."""

from typing import TypeAlias

from vinculo.onboarding.domain.account_events import AccountEvent
from vinculo.onboarding.domain.step_events import StepEvent

ApplicationEvent: TypeAlias = StepEvent | AccountEvent
