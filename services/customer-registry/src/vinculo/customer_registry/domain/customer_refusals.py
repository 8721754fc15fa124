"""Business reasons for which a command on a record is refused."""

from vinculo.customer_registry.domain.customer import ReasonCode, Status


class CustomerRefused(Exception):
    """The rules of the record do not allow the command in its current state."""


class RecordChanged(CustomerRefused):
    """The record is not at the status version that the caller decided on."""


class PersonIsUnknown(CustomerRefused):
    pass


class RecordIsErased(CustomerRefused):
    pass


class RequirementsNotMet(CustomerRefused):
    """A pre-customer becomes a customer by promotion only, when every requirement is met."""

    def __init__(self, unmet: tuple[str, ...]) -> None:
        super().__init__(f"not met: {', '.join(unmet)}" if unmet else "not evaluated yet")
        self.unmet = unmet


class NotACustomer(CustomerRefused):
    """Only customers can be internal users."""


class NotPending(CustomerRefused):
    """Only a `pending` record can be promoted."""


class ActivationOutstanding(CustomerRefused):
    """Only the activation link leads to `pending`, even after the activation has lapsed."""


class RecordIsBlocked(CustomerRefused):
    """A blocked record must be unblocked first."""


class IdentityIsDisputed(CustomerRefused):
    """The document was granted to another person: the record can be erased, never unblocked."""


class ReasonIsReserved(CustomerRefused):
    """Only a granted claim to a document blocks with this reason."""


class ReasonDoesNotFit(CustomerRefused):
    """The change has other reasons: `fitting`."""

    def __init__(self, fitting: tuple[ReasonCode, ...]) -> None:
        super().__init__(f"the reason must be one of {', '.join(fitting)}")
        self.fitting = fitting


class NoteIsMissing(CustomerRefused):
    """The reason `other` says nothing without a note."""


class UnblockingNeedsAdministrator(CustomerRefused):
    pass


class CannotChangeOwnRecord(CustomerRefused):
    pass


class TransitionNotAllowed(CustomerRefused):
    def __init__(self, from_status: Status, to_status: Status) -> None:
        super().__init__(f"operators cannot change {from_status} to {to_status}")
        self.from_status = from_status
        self.to_status = to_status
