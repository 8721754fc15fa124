"""Why the registry's rules do not allow a command. Each class reads as a sentence."""

from vinculo.customer_registry.domain.customer import Status


class CustomerRefused(Exception):
    """The record's rules do not allow the command in its present state."""


class PersonIsUnknown(CustomerRefused):
    pass


class RecordIsErased(CustomerRefused):
    pass


class RequirementsNotMet(CustomerRefused):
    """Only promotion makes a customer, and only once everything it needs is there."""

    def __init__(self, unmet: tuple[str, ...]) -> None:
        super().__init__(f"not met: {', '.join(unmet)}" if unmet else "not evaluated yet")
        self.unmet = unmet


class NotACustomer(CustomerRefused):
    """Only customers become internal users."""


class NotPending(CustomerRefused):
    """Promotion is from `pending` only."""


class ActivationOutstanding(CustomerRefused):
    """Only the activation link leads on to `pending`, whether or not the activation lapsed."""


class RecordIsBlocked(CustomerRefused):
    """A blocked record has to be unblocked before anything else."""


class UnblockingNeedsAdministrator(CustomerRefused):
    pass


class CannotChangeOwnRecord(CustomerRefused):
    """Nobody acts on the own record."""


class TransitionNotAllowed(CustomerRefused):
    def __init__(self, from_status: Status, to_status: Status) -> None:
        super().__init__(f"no operator moves a record from {from_status} to {to_status}")
        self.from_status = from_status
        self.to_status = to_status
