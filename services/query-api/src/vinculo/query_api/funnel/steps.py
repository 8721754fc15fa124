"""The steps of the funnel, each with the moment in a person's document at which it is done."""

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    REGISTERED = "registered"
    ACTIVATED = "activated"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETED = "completed"
    PROMOTED = "promoted"


MOMENTS: Final = {
    Step.REGISTERED: "$registered_at",
    Step.ACTIVATED: "$application.activated_at",
    Step.EMPLOYMENT: "$application.first_employment_at",
    Step.DOCUMENTS: "$application.documents_provided_at",
    Step.COMPLETED: "$application.completed_at",
    Step.PROMOTED: "$registry.promoted_at",
}
"""In the order of the way. A later step may be done before an earlier one; then it took no time."""

STEPS: Final = tuple(MOMENTS)
