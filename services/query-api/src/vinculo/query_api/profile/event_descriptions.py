"""Events as sentences, and the category under which a timeline shows each.

The catalogue has one sentence per event type, with the event's facts as placeholders. Facts hold no
personal data, so neither do sentences.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vinculo.contracts import topics
from vinculo.query_api.mongo import Expression
from vinculo.query_api.texts import TextContext, catalogue, label, text
from vinculo.translation import Language

UNKNOWN_FACT: Final = "—"
MAX_FACT_LENGTH: Final = 80
EVENT: Final = "event"
"""The context of sentences is `event/<topic>`; the sentence of unknown types is in `event`."""


class Category(StrEnum):
    APPLICATION = "application"
    DOCUMENTS = "documents"
    REGISTRY = "registry"
    MESSAGES = "messages"
    CREDIT = "credit"
    ACCOUNT = "account"


ACCOUNT_EVENTS: Final = frozenset(
    {
        "applicant-erased.v1",
        "consent-given.v1",
        "consent-withdrawn.v1",
        "contact-change-requested.v1",
        "contact-changed.v1",
        "email-corrected.v1",
        "identity-corrected.v1",
        "identity-correction-refused.v1",
        "identity-correction-requested.v1",
        "password-changed.v1",
        "password-reset-requested.v1",
        "phone-code-issued.v1",
        "phone-verified.v1",
    }
)
"""Events of the application's stream that are about the account."""

_CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: Category.APPLICATION,
        topics.DOCUMENTS_DOSSIERS: Category.DOCUMENTS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS: Category.REGISTRY,
        topics.NOTIFICATIONS_MESSAGES: Category.MESSAGES,
        topics.CUSTOMER_REGISTRY_CREDIT: Category.CREDIT,
        topics.CREDIT_LOANS: Category.CREDIT,
        topics.CREDIT_APPLICATIONS: Category.CREDIT,
    }
)

_CODE_FACTS: Final[Mapping[str, tuple[TextContext, ...]]] = MappingProxyType(
    {
        "from_status": (TextContext.STATUS,),
        "to_status": (TextContext.STATUS,),
        "status": (TextContext.LOAN_STATUS, TextContext.CREDIT_APPLICATION_STATUS),
        "kind": (TextContext.DOCUMENT_KIND, TextContext.CONTACT_KIND),
        "purpose": (TextContext.PURPOSE,),
        "channel": (TextContext.CHANNEL,),
        "contract_type": (TextContext.CONTRACT_TYPE,),
        "cause": (TextContext.PASSWORD_CHANGE,),
        "template": (TextContext.MESSAGE_TEMPLATE,),
        "reason_code": (TextContext.REASON,),
    }
)
"""The contexts in which a fact's code has a label."""


def category_of(topic: str, event_type: str) -> Category:
    """The category, also of a type that this version does not know."""
    if topic == topics.ONBOARDING_APPLICATIONS and event_type in ACCOUNT_EVENTS:
        return Category.ACCOUNT
    return _CATEGORIES[topic]


def category_filter(category: Category) -> Expression:
    """MongoDB's filter for the timeline entries of a category."""
    account_types = sorted(ACCOUNT_EVENTS)
    if category is Category.ACCOUNT:
        return {"topic": topics.ONBOARDING_APPLICATIONS, "type": {"$in": account_types}}
    if category is Category.APPLICATION:
        return {"topic": topics.ONBOARDING_APPLICATIONS, "type": {"$nin": account_types}}
    return {"topic": {"$in": sorted(t for t, c in _CATEGORIES.items() if c is category)}}


def describe_event(
    topic: str, event_type: str, facts: Mapping[str, object], language: Language
) -> str:
    """The event's sentence; an event that this version does not know is named by its type."""
    sentence = catalogue().find(f"{EVENT}/{topic}", event_type, language)
    if sentence is None:
        return catalogue().text(EVENT, "unknown", language, type=event_type)
    return sentence.format_map(_FactTexts(facts, language))


class _FactTexts(dict[str, str]):
    """Facts as texts, each made when a sentence has it as a placeholder."""

    def __init__(self, facts: Mapping[str, object], language: Language) -> None:
        super().__init__()
        self._facts = facts
        self._language = language

    def __missing__(self, name: str) -> str:
        facts = self._facts
        match name:
            case "principal" | "outstanding" | "requested" | "limit":
                return money(facts.get(f"{name}_cents"), facts.get("currency"), self._language)
            case "requirements" | "requirements_met":
                return _count(facts.get("results"), met=name == "requirements_met")
            case "stage_shown":
                return _short_text(facts.get("stage_name") or facts.get("stage"))
            case _:
                return _labelled(_CODE_FACTS.get(name, ()), facts.get(name), self._language)


def _labelled(contexts: tuple[TextContext, ...], fact: object, language: Language) -> str:
    code = _short_text(fact)
    for context in contexts:
        if (found := label(context, code, language)) != code:
            return found
    return code


def money(cents: object, currency: object, language: Language) -> str:
    """`COP 1.500.000` in Spanish, with decimals only when there are any."""
    if not isinstance(cents, int) or not isinstance(currency, str):
        return UNKNOWN_FACT
    thousands = text(TextContext.NUMBER, "thousands_separator", language)
    units, rest = divmod(cents, 100)
    amount = f"{units:,}".replace(",", thousands)
    if rest:
        amount += f"{text(TextContext.NUMBER, 'decimal_separator', language)}{rest:02}"
    return f"{currency} {amount}"


def _count(results: object, *, met: bool) -> str:
    if not isinstance(results, list):
        return UNKNOWN_FACT
    return str(
        sum(
            not met or (isinstance(result, dict) and result.get("outcome") == "met")
            for result in results
        )
    )


def _short_text(fact: object) -> str:
    """A short text or number; external systems may write anything into a fact."""
    if isinstance(fact, str | int) and not isinstance(fact, bool):
        return str(fact)[:MAX_FACT_LENGTH]
    return UNKNOWN_FACT
