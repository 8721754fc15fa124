"""The words of the status machine: what a record is, where it stands and why it moved."""

from enum import StrEnum


class Kind(StrEnum):
    PRE_CUSTOMER = "pre_customer"
    CUSTOMER = "customer"


class Status(StrEnum):
    PENDING_EMAIL_VERIFICATION = "pending_email_verification"
    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"
    BLOCKED = "blocked"


class Cause(StrEnum):
    """What set a move off."""

    REGISTRATION = "registration"
    EMAIL_VERIFIED = "email_verified"
    PROMOTION = "promotion"
    OPERATOR = "operator"
    ACTIVATION_LAPSED = "activation_lapsed"


class ReasonCode(StrEnum):
    """Why an operator moved a record. Any of them may stand with any move."""

    REQUESTED = "requested"
    """The person asked for it."""
    INACTIVE = "inactive"
    """Nothing was heard of the person for long."""
    REACTIVATED = "reactivated"
    """The person is there again."""
    DATA_TO_REVIEW = "data_to_review"
    """Something the person gave has to be looked into first."""
    DATA_REVIEWED = "data_reviewed"
    """What had to be looked into is right."""
    FRAUD_SUSPECTED = "fraud_suspected"
    """There are signs that the person is not who they say."""
    INVESTIGATION_CLOSED = "investigation_closed"
    """The signs were looked into and came to nothing."""
    LEGAL_ORDER = "legal_order"
    """A court or an authority demands it."""
    MISTAKE = "mistake"
    """It puts an earlier move right."""
    OTHER = "other"
    """None of these; the note says what."""


class InternalRole(StrEnum):
    """What an internal user may be, beside being a customer."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"


class InternalUserReason(StrEnum):
    JOINED_STAFF = "joined_staff"
    DUTIES_CHANGED = "duties_changed"
    LEFT_STAFF = "left_staff"
    MISTAKE = "mistake"
    OTHER = "other"


class RevocationCause(StrEnum):
    OPERATOR = "operator"
    RECORD_BLOCKED = "record_blocked"
    RECORD_ERASED = "record_erased"


class ErasureReason(StrEnum):
    DUPLICATE = "duplicate"
    INCORRECT = "incorrect"
    REQUESTED = "requested"
