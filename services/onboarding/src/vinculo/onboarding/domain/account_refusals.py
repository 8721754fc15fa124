"""Why a command on an account is refused."""

from datetime import datetime, timedelta
from math import ceil

from vinculo.onboarding.domain.application_refusals import ApplicationRefused


class ConfirmationUsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("a link or a code works once")


class ConfirmationSuperseded(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the latest link or code may be used")


class ConfirmationExpired(ApplicationRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the link or code expired at {expired_at.isoformat()}")


class TooManyMessages(ApplicationRefused):
    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after_seconds = ceil(retry_after.total_seconds())
        super().__init__(f"the next may be asked for in {self.retry_after_seconds} s")


class PhoneVerifiedAlready(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the phone is verified and needs no code")


class ConsentIndispensable(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("without consent to keep personal data there is no account")
