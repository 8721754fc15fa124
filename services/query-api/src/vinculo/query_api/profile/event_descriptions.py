"""An event in words, and the category under which a timeline shows it.

A phrase names facts of the event in braces; only clear facts exist to be named, so that nothing
personal can stand in one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from vinculo.contracts import topics
from vinculo.query_api.words import onboarding_phrases, record_phrases
from vinculo.query_api.words.codes import CODES, word
from vinculo.query_api.words.words import Words
from vinculo.translation import Language

UNKNOWN: Final = "—"
LONGEST_FACT: Final = 80


class Category(StrEnum):
    APPLICATION = "application"
    DOCUMENTS = "documents"
    REGISTRY = "registry"
    MESSAGES = "messages"
    CREDIT = "credit"
    ACCOUNT = "account"


PHRASES: Final[Mapping[str, Mapping[str, Words]]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: {
            **onboarding_phrases.APPLICATION,
            **onboarding_phrases.ACCOUNT,
        },
        topics.ONBOARDING_PAYERS: onboarding_phrases.PAYERS,
        topics.DOCUMENTS_DOSSIERS: record_phrases.DOCUMENTS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS: record_phrases.REGISTRY,
        topics.CUSTOMER_REGISTRY_POLICIES: record_phrases.POLICIES,
        topics.NOTIFICATIONS_MESSAGES: record_phrases.MESSAGES,
        topics.CREDIT_LOANS: record_phrases.LOANS,
        topics.CREDIT_APPLICATIONS: record_phrases.CREDIT_APPLICATIONS,
    }
)
"""By topic and event type."""

_CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        topics.ONBOARDING_APPLICATIONS: Category.APPLICATION,
        topics.DOCUMENTS_DOSSIERS: Category.DOCUMENTS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS: Category.REGISTRY,
        topics.NOTIFICATIONS_MESSAGES: Category.MESSAGES,
        topics.CREDIT_LOANS: Category.CREDIT,
        topics.CREDIT_APPLICATIONS: Category.CREDIT,
    }
)
_NEW_EVENT: Final = Words("Ocurrió: {type}", "Happened: {type}")


def category_of(topic: str, event_type: str) -> Category:
    """Also of a type that this version does not know."""
    if topic == topics.ONBOARDING_APPLICATIONS and event_type in onboarding_phrases.ACCOUNT:
        return Category.ACCOUNT
    return _CATEGORIES[topic]


def events_of(category: Category) -> dict[str, Any]:
    """The filter for timeline entries of a category."""
    account_types = sorted(onboarding_phrases.ACCOUNT)
    if category is Category.ACCOUNT:
        return {"topic": topics.ONBOARDING_APPLICATIONS, "type": {"$in": account_types}}
    if category is Category.APPLICATION:
        return {"topic": topics.ONBOARDING_APPLICATIONS, "type": {"$nin": account_types}}
    return {"topic": {"$in": sorted(t for t, c in _CATEGORIES.items() if c is category)}}


def describe_event(
    topic: str, event_type: str, facts: Mapping[str, Any], language: Language
) -> str:
    """The event in words; one that this version does not know by its type."""
    phrase = PHRASES.get(topic, {}).get(event_type)
    if phrase is None:
        return _NEW_EVENT.said(language).format(type=event_type)
    return phrase.said(language).format_map(_Facts(facts, language))


class _Facts(dict[str, str]):
    """Facts as text, in words where they are codes, made when a phrase asks for them."""

    def __init__(self, facts: Mapping[str, Any], language: Language) -> None:
        super().__init__()
        self._facts = facts
        self._language = language

    def __missing__(self, name: str) -> str:
        facts = self._facts
        match name:
            case "principal" | "outstanding" | "requested":
                return money(facts.get(f"{name}_cents"), facts.get("currency"), self._language)
            case "requirements" | "requirements_met":
                return _count(facts.get("results"), met=name == "requirements_met")
            case "stage_shown":
                return _text(facts.get("stage_name") or facts.get("stage"))
            case _:
                text = _text(facts.get(name))
                return word(CODES.get(name, {}), text, self._language)


def money(cents: object, currency: object, language: Language) -> str:
    """`COP 1.500.000`, with decimals only where there are any."""
    if not isinstance(cents, int) or not isinstance(currency, str):
        return UNKNOWN
    units, rest = divmod(cents, 100)
    text = f"{units:,}.{rest:02}" if rest else f"{units:,}"
    if language == "es":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{currency} {text}"


def _count(results: object, *, met: bool) -> str:
    if not isinstance(results, list):
        return UNKNOWN
    return str(
        sum(
            not met or (isinstance(result, dict) and result.get("outcome") == "met")
            for result in results
        )
    )


def _text(fact: object) -> str:
    """Outsiders may write anything into a fact; a sentence takes a short text or a number."""
    if isinstance(fact, str | int) and not isinstance(fact, bool):
        return str(fact)[:LONGEST_FACT]
    return UNKNOWN
