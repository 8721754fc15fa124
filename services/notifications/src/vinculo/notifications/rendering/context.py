"""The values that a template is filled with: names, links, codes, dates and labels.

A context is a plain mapping. The renderer refuses a variable that is not in it, and previews render
every template, so a shape per template would find nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from vinculo.notifications.domain.message import Link, NotificationTrigger, Template
from vinculo.notifications.rendering.labels import Labels
from vinculo.privacy import confirmation_code, link_token
from vinculo.translation import Language

Context: TypeAlias = Mapping[str, str]
"""Of one message, or of one entry of a collecting message."""

OWN_APPLICATION: Final = "application"
OWN_DOCUMENTS: Final = "application/documents"
OWN_ACCOUNT: Final = "account"
REGISTRATION: Final = "registration"

PAGES: Final[Mapping[Template, str]] = {
    Template.ACTIVATION: "activate",
    Template.PASSWORD_RESET: "reset-password",
    Template.CONTACT_CHANGE: "confirm-contact",
    Template.WELCOME: OWN_APPLICATION,
    Template.PROMOTED: OWN_APPLICATION,
    Template.DOCUMENT_UNUSABLE: OWN_DOCUMENTS,
    Template.DOCUMENT_REJECTED: OWN_DOCUMENTS,
    Template.DOCUMENT_DEMANDED: OWN_DOCUMENTS,
    Template.OWNER_WARNED: OWN_ACCOUNT,
    Template.PASSWORD_CHANGED: OWN_ACCOUNT,
    Template.CONTACT_CHANGED: OWN_ACCOUNT,
    Template.IDENTITY_CORRECTED: OWN_ACCOUNT,
    Template.CORRECTION_REFUSED: OWN_ACCOUNT,
    Template.DOCUMENT_CLAIM_OPENED: REGISTRATION,
    Template.DOCUMENT_CLAIM_GRANTED: "activate",
    Template.DOCUMENT_CLAIM_REFUSED: REGISTRATION,
    Template.DOCUMENT_CLAIM_EXPIRED: REGISTRATION,
}
"""The page for the purpose of each e-mail but the reminders, below the pages' address."""
CONSOLE_PAGES: Final[Mapping[Template, str]] = {
    Template.STAFF_INVITATION: "invitation",
    Template.STAFF_PASSWORD_RESET: "reset-password",
    Template.STAFF_PASSWORD_CHANGED: "account",
}
"""The page of each e-mail to staff, below the console's address."""
ABOUT_DOCUMENTS: Final = frozenset(
    {Template.DOCUMENT_UNUSABLE, Template.DOCUMENT_REJECTED, Template.DOCUMENT_DEMANDED}
)
PAGES_OF_NEXT_STEPS: Final[Mapping[str, str]] = {
    "activation": "activate",
    "employment": "application/employment",
    "documents": OWN_DOCUMENTS,
    "completion": OWN_APPLICATION,
}
"""The page of a reminder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextBuilder:
    """Tokens and codes are derived from `link_key`, so that none is stored."""

    link_key: bytes
    app_url: str
    console_url: str
    labels: Labels

    def context(
        self,
        trigger: NotificationTrigger,
        *,
        given_names: str,
        reviewer_note: str,
        language: Language,
    ) -> Context:
        """`reviewer_note` is the text that a reviewer added, or empty.

        Raise ValueError for a template with a link whose trigger has none.
        """
        return {
            "given_names": given_names,
            **self._pages(trigger),
            **self._values(trigger, reviewer_note, language),
        }

    def collected_entry(
        self,
        trigger: NotificationTrigger,
        project: str | None,
        language: Language,
        reviewer_note: str = "",
    ) -> Context:
        """One entry of a collecting message: its link or code, time, and project, if any.

        Without a name: those of several registrations are of different people, and unverified.
        News about documents are without a time, so that equal ones can be left out.
        """
        if trigger.template in ABOUT_DOCUMENTS:
            return {
                "template": trigger.template.value,
                **self._pages(trigger),
                **self._values(trigger, reviewer_note, language),
            }
        return {
            **self._pages(trigger),
            **self._values(trigger, "", language),
            "happened": self.labels.moment(trigger.happened_at, language),
            "project": project or "",
        }

    def _pages(self, trigger: NotificationTrigger) -> Context:
        """The page that an e-mail leads to; short messages lead to none."""
        match trigger.template:
            case Template.REMINDER | Template.LAST_REMINDER:
                page = PAGES_OF_NEXT_STEPS[trigger.facts["next_step"]]
            case template if template in CONSOLE_PAGES:
                return {"page": f"{self.console_url}/{CONSOLE_PAGES[template]}"}
            case template if template in PAGES:
                page = PAGES[template]
            case _:
                return {}
        return {"page": f"{self.app_url}/{page}"}

    def _values(  # noqa: C901 - one case per template
        self, trigger: NotificationTrigger, reviewer_note: str, language: Language
    ) -> Context:
        template, facts, labels = trigger.template, trigger.facts, self.labels
        match template:
            case (
                Template.ACTIVATION
                | Template.PASSWORD_RESET
                | Template.CONTACT_CHANGE
                | Template.STAFF_INVITATION
                | Template.STAFF_PASSWORD_RESET
            ):
                link = _link_of(trigger)
                token = link_token(self.link_key, link.link_id)
                page = self._pages(trigger)["page"]
                return {
                    "link": f"{page}#{link.link_id}.{token}",
                    "expires": labels.moment(link.expires_at, language),
                }
            case Template.PHONE_CODE | Template.PHONE_CHANGE_CODE:
                link = _link_of(trigger)
                return {
                    "code": confirmation_code(self.link_key, link.link_id),
                    "expires": labels.time_of_day(link.expires_at, language),
                }
            case (
                Template.OWNER_WARNED
                | Template.PASSWORD_CHANGED
                | Template.CONTACT_CHANGED
                | Template.IDENTITY_CORRECTED
                | Template.STAFF_PASSWORD_CHANGED
            ):
                return {"happened": labels.moment(trigger.happened_at, language)}
            case Template.REMINDER | Template.LAST_REMINDER:
                return {"next_step": labels.next_step(facts["next_step"], language)}
            case Template.DOCUMENT_UNUSABLE:
                return {
                    "document": labels.document(facts["document_kind"], language),
                    "reason": labels.unusable_reason(facts["reason_code"], language),
                }
            case Template.DOCUMENT_REJECTED:
                return {
                    "document": labels.document(facts["document_kind"], language),
                    "reason": labels.rejection_reason(facts["reason_code"], language),
                    "reviewer_note": reviewer_note,
                }
            case Template.DOCUMENT_DEMANDED:
                return {
                    "document": labels.document(facts["document_kind"], language),
                    "reviewer_note": reviewer_note,
                }
            case Template.CORRECTION_REFUSED:
                return {
                    "reason": labels.correction_refusal_reason(facts["reason_code"], language),
                    "reviewer_note": reviewer_note,
                }
            case Template.DOCUMENT_CLAIM_REFUSED:
                return {"reason": labels.claim_refusal_reason(facts["reason_code"], language)}
            case Template.DOCUMENT_CLAIM_OPENED:
                return {"happened": labels.moment(trigger.happened_at, language)}
            case (
                Template.WELCOME
                | Template.PROMOTED
                | Template.PHONE_CHANGED
                | Template.DOCUMENT_CLAIM_GRANTED
                | Template.DOCUMENT_CLAIM_EXPIRED
            ):
                return {}
            case _:
                assert_never(template)


def _link_of(trigger: NotificationTrigger) -> Link:
    if trigger.link is None:
        raise ValueError(f"{trigger.template} needs a link")
    return trigger.link
