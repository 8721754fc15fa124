"""Why a command on an application is refused."""

from datetime import datetime

from vinculo.onboarding.domain.application import Step


class ApplicationRefused(Exception):
    """The application's rules do not allow the command in its present state."""


class NoSuchApplication(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("nobody is registered here")


class AlreadyRegistered(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("this person is registered already")


class PersonalDataConsentMissing(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("nobody is registered without consent to keep personal data")


class EmailVerifiedAlready(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the account is active and needs no link")


class LinkSuperseded(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("only the latest activation link may be used")


class LinkExpired(ApplicationRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the activation link expired at {expired_at.isoformat()}")


class LinkUsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("an activation link works once")


class EmailNotVerified(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the e-mail address has to be verified first")


class StepsMissing(ApplicationRefused):
    def __init__(self, missing: tuple[Step, ...]) -> None:
        super().__init__(f"still missing: {', '.join(missing)}")
        self.missing = missing


class NotLapsed(ApplicationRefused):
    def __init__(self) -> None:
        super().__init__("the document of an application that has not lapsed stays reserved")
