"""Texts for people, from the message catalogues of the service and of the contract's codes."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from vinculo.translation import Catalogue, Language, load_catalogue


class TextContext(StrEnum):
    """Contexts of the catalogue; the keys of most are codes of events and documents."""

    LIST = "list"
    COLUMN = "column"
    FILTER = "filter"
    PERIOD = "period"
    FILE = "file"
    NUMBER = "number"
    KIND = "kind"
    STATUS = "status"
    ACTIVE_LOANS = "active-loans"
    CONCERN = "concern"
    LOAN_STATUS = "loan-status"
    CREDIT_APPLICATION_STATUS = "credit-application-status"
    DOCUMENT_KIND = "document-kind"
    CONTACT_KIND = "contact-kind"
    PURPOSE = "purpose"
    CHANNEL = "channel"
    CONTRACT_TYPE = "contract-type"
    PASSWORD_CHANGE = "password-change"  # noqa: S105 - how a password was changed
    MESSAGE_TEMPLATE = "message-template"
    REASON = "reason"


@cache
def catalogue() -> Catalogue:
    return load_catalogue("vinculo.query_api").with_fallback(load_catalogue("vinculo.contracts"))


def text(context: TextContext, key: str, language: Language, **values: object) -> str:
    """The text with its placeholders filled in.

    Raises:
        KeyError: the catalogue has no such text.

    """
    return catalogue().text(context, key, language, **values)


def label(context: TextContext, code: str, language: Language) -> str:
    """The label of a code; the code itself if it is unknown."""
    return catalogue().label(context, code, language)


def labels(context: TextContext, language: Language) -> Mapping[str, str]:
    """All labels of a context, by code."""
    return {code: text(context, code, language) for code in catalogue().keys(context)}
