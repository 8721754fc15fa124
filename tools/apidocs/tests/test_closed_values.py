"""The closed sets of values in the AsyncAPI document are those that the services write."""

from enum import StrEnum

import pytest

from vinculo.contracts import customer_registry, document_claims, notifications, onboarding, payers
from vinculo.contracts.event_fields import CLOSED_VALUES
from vinculo.customer_registry.domain import customer
from vinculo.notifications.domain import message
from vinculo.onboarding.domain import account, document_claim, employment, payer, submission

WRITTEN: dict[type[StrEnum], type[StrEnum]] = {
    customer_registry.RevocationCause: customer.RevocationCause,
    customer_registry.Status: customer.Status,
    customer_registry.StatusCause: customer.Cause,
    document_claims.ClaimReason: document_claim.ClaimReason,
    notifications.MessageChannel: message.Channel,
    onboarding.Channel: account.Channel,
    onboarding.ConsentPurpose: account.ConsentPurpose,
    onboarding.ContactKind: account.ContactKind,
    onboarding.ContractType: employment.ContractType,
    onboarding.PasswordChange: account.PasswordChange,
    onboarding.SubmissionDrop: submission.SubmissionDrop,
    payers.ProposalRefusal: payer.ProposalRefusal,
    payers.SuspensionReason: payer.SuspensionReason,
}
READ_FROM_CONTRACTS = {"DocumentKind", "LoanStatus"}
"""The documents service validates its requirements with the contract's own enumeration, and the
registry reads credit systems' reports with the contract's models."""


@pytest.mark.parametrize("published", WRITTEN, ids=lambda kind: kind.__name__)
def test_the_values_are_those_of_the_domain(published: type[StrEnum]) -> None:
    assert {each.value for each in published} == {each.value for each in WRITTEN[published]}


def test_every_closed_set_is_compared() -> None:
    uncompared = {kind.__name__ for kind in CLOSED_VALUES.values() if kind not in WRITTEN}

    assert uncompared == READ_FROM_CONTRACTS
