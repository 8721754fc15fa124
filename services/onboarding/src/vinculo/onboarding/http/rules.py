"""What clients must know before they send a form, so that none has these rules in its code.

The web app manifest is here because it has the lender's name
(https://www.w3.org/TR/appmanifest/).
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from vinculo.httpapi import public
from vinculo.httpapi.catalogue import preferred_language
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.application import Step
from vinculo.onboarding.domain.employment import ContractType
from vinculo.onboarding.forms.fields import LANGUAGES
from vinculo.onboarding.forms.password_strength import MAX_LENGTH
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.http.schemas import CONTRACT_TYPE, PURPOSE, STEP
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.birth_dates import ADULTS

PAGE_COLOR: Final = "#f3f5f8"
BRAND_COLOR: Final = "#0b57c2"
"""Colours of the registration's pages (`web/src/registration/styles/page.css`)."""


class PasswordRule(BaseModel):
    """In characters; a password must also be hard to guess."""

    min_length: int
    max_length: int


class ProjectRule(BaseModel):
    """Ages are in completed years, both inclusive."""

    min_age_years: int
    max_age_years: int


class ConsentRule(BaseModel):
    """The version in force; the text itself is in `consent-texts`."""

    purpose: ConsentPurpose
    purpose_in_words: str
    text_version: str
    required: bool


class RulesAnswer(BaseModel):
    """The document types, with a name and an example each, are in `document-types`."""

    brand: Annotated[str, Field(description="The lender's name for its customers.")]
    locales: list[str]
    password: PasswordRule
    projects: dict[str, ProjectRule]
    document_types: Annotated[
        dict[str, list[str]], Field(description="Codes of identity documents by country.")
    ]
    consents: list[ConsentRule]
    contract_types: dict[ContractType, str]
    steps: dict[Step, str]
    currencies: Annotated[
        dict[str, list[str]],
        Field(description="Of salaries, by country; any currency in other countries."),
    ]
    console_idle_minutes: Annotated[
        int, Field(description="After this time without a key or click the console is locked.")
    ]


class ManifestResponse(JSONResponse):
    media_type = "application/manifest+json"


class ManifestIcon(BaseModel):
    src: str
    sizes: str
    type: str


class WebAppManifest(BaseModel):
    """Lets a phone install the registration; `short_name` is the name below its icon."""

    id: str
    name: str
    short_name: str
    lang: str
    start_url: str
    scope: str
    display: str
    background_color: str
    theme_color: str
    icons: list[ManifestIcon]


def rules_api(
    rules: RegistrationRules,
    currencies: Mapping[str, Collection[str]],
    *,
    console_idle_minutes: int,
) -> APIRouter:
    """`currencies` are those of salaries by country."""
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.get("/rules")
    @public
    async def read_rules(request: Request) -> RulesAnswer:
        language = preferred_language(request.headers)
        ages = {project: rules.ages.get(project, ADULTS) for project in sorted(rules.projects)}
        documents: dict[str, list[str]] = {}
        for document in rules.offered_documents():
            documents.setdefault(document.country, []).append(document.code)
        return RulesAnswer(
            brand=rules.passwords.brand,
            locales=list(LANGUAGES),
            password=PasswordRule(min_length=rules.passwords.min_length, max_length=MAX_LENGTH),
            projects={
                project: ProjectRule(min_age_years=age.min_years, max_age_years=age.max_years)
                for project, age in ages.items()
            },
            document_types=documents,
            consents=[
                ConsentRule(
                    purpose=text.purpose,
                    purpose_in_words=MESSAGES.label(PURPOSE, text.purpose, language),
                    text_version=text.version,
                    required=text.required,
                )
                for text in rules.consents.current(language)
            ],
            contract_types={
                each: MESSAGES.label(CONTRACT_TYPE, each, language) for each in ContractType
            },
            steps={each: MESSAGES.text(STEP, each, language) for each in Step},
            currencies={country: sorted(codes) for country, codes in sorted(currencies.items())},
            console_idle_minutes=console_idle_minutes,
        )

    @router.get("/web-app-manifest", response_class=ManifestResponse)
    @public
    async def read_web_app_manifest(request: Request) -> WebAppManifest:
        brand = rules.passwords.brand
        return WebAppManifest(
            id="/",
            name=brand,
            short_name=brand,
            lang=preferred_language(request.headers),
            start_url="/",
            scope="/",
            display="standalone",
            background_color=PAGE_COLOR,
            theme_color=BRAND_COLOR,
            icons=[ManifestIcon(src="/icon.svg", sizes="any", type="image/svg+xml")],
        )

    return router
