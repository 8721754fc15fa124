"""The API: its groups of routes, and the parts that they share."""

from datetime import date, timedelta

from fastapi import APIRouter, FastAPI

from vinculo.access import RevocationList, RevocationReader, TokenVerifier
from vinculo.httpapi import (
    Idempotency,
    PostgresIdempotencyStore,
    service_app,
)
from vinculo.httpapi.rate_limits import RateLimiter
from vinculo.onboarding.application.access_tokens import AccessTokens, read_signing_key
from vinculo.onboarding.application.activation import Activator
from vinculo.onboarding.application.activation_emails import ActivationEmails
from vinculo.onboarding.application.applicant_view import ApplicantReader
from vinculo.onboarding.application.authentication import Authenticator, Reauthenticator
from vinculo.onboarding.application.claim_decisions import ClaimDecisions
from vinculo.onboarding.application.consents import ConsentService
from vinculo.onboarding.application.contacts import ContactChanges, PhoneCodes
from vinculo.onboarding.application.disputes import Disputes
from vinculo.onboarding.application.document_claims import ClaimOpening, ClaimReader
from vinculo.onboarding.application.identity_corrections import IdentityCorrectionService
from vinculo.onboarding.application.login_throttle import LoginThrottle
from vinculo.onboarding.application.own_application import OwnApplicationService
from vinculo.onboarding.application.password_changes import PasswordChanges
from vinculo.onboarding.application.payers import PayerCatalogue, PayerProposals
from vinculo.onboarding.application.registration import DocumentChecks, Registrar
from vinculo.onboarding.application.sessions import Sessions
from vinculo.onboarding.application.staff import StaffRecords
from vinculo.onboarding.application.staff_administration import StaffAdministration
from vinculo.onboarding.application.staff_passwords import StaffPasswords
from vinculo.onboarding.dependencies import Dependencies, storage_checks
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.employment import EmploymentRules
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.http.account import account_api, confirmations_api, own_consents_api
from vinculo.onboarding.http.disputes import disputes_api
from vinculo.onboarding.http.document_claims import claim_decisions_api, document_claims_api
from vinculo.onboarding.http.examples import EXAMPLES
from vinculo.onboarding.http.identity_corrections import identity_corrections_api
from vinculo.onboarding.http.own_application import own_application_api
from vinculo.onboarding.http.payers import payer_commands_api, payers_api
from vinculo.onboarding.http.problems import refusals
from vinculo.onboarding.http.registrations import (
    activation_emails_api,
    live_validation_api,
    registrations_api,
)
from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.http.rules import rules_api
from vinculo.onboarding.http.sessions import (
    SessionResponses,
    key_set_api,
    refresh_cookies,
    sessions_api,
    signed_in_api,
)
from vinculo.onboarding.http.staff import staff_api, staff_invitations_api
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import (
    SERVICE,
    application_category,
    claim_category,
    payer_category,
)
from vinculo.values.document_types import read_document_types


def api_app(settings: Settings, dependencies: Dependencies) -> FastAPI:
    parts = _Parts(settings, dependencies)
    app = service_app(
        SERVICE,
        [
            *_registration_routes(parts),
            *_session_routes(parts),
            *_application_routes(parts),
            *_payer_routes(parts),
            key_set_api(parts.tokens),
            *_account_routes(parts),
            *_staff_routes(parts),
            *_claim_routes(parts),
        ],
        readiness=storage_checks(dependencies),
        refusals=refusals(),
        catalogue=MESSAGES,
        examples=EXAMPLES,
        api_docs_on=settings.api_docs_on,
    )
    app.state.token_verifier = TokenVerifier(
        settings.vinculo_public_url,
        keys=parts.tokens.public_keys,
        external=settings.vinculo_oidc_issuers,
        revocations=parts.revocations.revocations,
    )
    parts.revocations.install(app)
    return app


class _Parts:
    """What several groups of routes share."""

    def __init__(self, settings: Settings, dependencies: Dependencies) -> None:
        self.settings = settings
        self.store = dependencies.store
        self.engine = dependencies.database
        self.keyring = dependencies.keyring
        self.hasher = dependencies.hasher
        self.clock = dependencies.clock
        self.hash_key = settings.vinculo_hash_key.get_secret_value()
        self.link_key = settings.vinculo_link_key.get_secret_value()
        self.applications = application_category()
        self.claims = claim_category()
        self.payers = payer_category()
        self.idempotency = Idempotency(PostgresIdempotencyStore(self.engine), self.hash_key)
        self.floor = ResponseFloor(settings.onboarding_response_floor_seconds)
        self.throttle = LoginThrottle(self.engine)
        self.rules = RegistrationRules(
            projects=settings.onboarding_projects,
            consents=read_consent_texts(settings.onboarding_consent_texts),
            documents=read_document_types(settings.onboarding_document_types),
            ages=settings.onboarding_age_limits,
            smtputf8=settings.vinculo_smtputf8,
            passwords=settings.password_rules,
        )
        self.reader = ApplicantReader(
            store=self.store, applications=self.applications, keyring=self.keyring
        )
        self.staff_records = StaffRecords(self.store, self.keyring)
        self.revocations = RevocationReader(
            RevocationList(self.keyring.forget),
            settings.vinculo_kafka,
            settings.vinculo_topic_prefix,
        )
        self.tokens = AccessTokens(
            read_signing_key(settings.onboarding_signing_key.get_secret_value()),
            settings.vinculo_public_url,
        )

    def today(self) -> date:
        return self.clock().astimezone(self.settings.time_zone).date()

    def reauthenticator(self) -> Reauthenticator:
        return Reauthenticator(
            engine=self.engine,
            hasher=self.hasher,
            throttle=self.throttle,
            hash_key=self.hash_key,
            clock=self.clock,
        )

    def staff_passwords(self) -> StaffPasswords:
        return StaffPasswords(
            store=self.store,
            records=self.staff_records,
            keyring=self.keyring,
            hasher=self.hasher,
            reauthenticator=self.reauthenticator(),
            rate_limiter=RateLimiter(self.engine),
            rules=self.settings.password_rules,
            hash_key=self.hash_key,
            link_key=self.link_key,
            clock=self.clock,
        )

    def activator(self) -> Activator:
        return Activator(
            store=self.store,
            applications=self.applications,
            keyring=self.keyring,
            reader=self.reader,
            hasher=self.hasher,
            throttle=self.throttle,
            rules=self.rules,
            hash_key=self.hash_key,
            link_key=self.link_key,
            today=self.today,
            clock=self.clock,
        )


def _registration_routes(parts: _Parts) -> list[APIRouter]:
    rate_limiter = RateLimiter(parts.engine)
    registrar = Registrar(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        reader=parts.reader,
        hasher=parts.hasher,
        rate_limiter=rate_limiter,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    checks = DocumentChecks(
        engine=parts.engine,
        rate_limiter=rate_limiter,
        hint=parts.settings.onboarding_duplicate_hint,
        checks_per_hour=parts.settings.onboarding_document_checks_per_hour,
        checks_per_document=parts.settings.onboarding_document_checks_per_document,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    emails = ActivationEmails(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        hasher=parts.hasher,
        rate_limiter=rate_limiter,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    return [
        rules_api(
            parts.rules,
            parts.settings.onboarding_currencies,
            console_idle_minutes=parts.settings.onboarding_console_idle_minutes,
        ),
        registrations_api(
            registrar,
            parts.rules,
            parts.idempotency,
            parts.today,
            parts.floor,
        ),
        live_validation_api(checks, parts.rules, parts.hasher, parts.today),
        activation_emails_api(emails, parts.rules, parts.idempotency, parts.floor),
    ]


def _session_routes(parts: _Parts) -> list[APIRouter]:
    authenticator = Authenticator(
        engine=parts.engine,
        hasher=parts.hasher,
        throttle=parts.throttle,
        documents=parts.rules.documents,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    sessions = Sessions(
        store=parts.store,
        revocations=parts.revocations.revocations,
        clock=parts.clock,
        longest=timedelta(days=parts.settings.onboarding_session_days),
        idle=timedelta(days=parts.settings.onboarding_session_idle_days),
    )
    cookies = refresh_cookies(parts.settings.vinculo_public_url)
    responses = SessionResponses(tokens=parts.tokens, cookies=cookies)
    return [
        sessions_api(parts.activator(), authenticator, sessions, responses),
        signed_in_api(sessions, cookies),
    ]


def _application_routes(parts: _Parts) -> list[APIRouter]:
    own_application = OwnApplicationService(
        reader=parts.reader,
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        proposals=PayerProposals(store=parts.store, category=parts.payers, clock=parts.clock),
        rules=EmploymentRules(
            currencies=parts.settings.onboarding_currencies,
            salary_limits=parts.settings.onboarding_salary_limits,
            smtputf8=parts.settings.vinculo_smtputf8,
            deductible_percent=parts.settings.onboarding_deductible_percent,
            refresh_days=parts.settings.onboarding_employment_refresh_days,
        ),
        clock=parts.clock,
    )
    return [own_application_api(own_application, parts.settings.onboarding_credit_url)]


def _payer_routes(parts: _Parts) -> list[APIRouter]:
    payers = PayerCatalogue(store=parts.store, category=parts.payers, clock=parts.clock)
    return [payers_api(payers, parts.idempotency), payer_commands_api(payers, parts.idempotency)]


def _account_routes(parts: _Parts) -> list[APIRouter]:
    reauthenticator = parts.reauthenticator()
    passwords = PasswordChanges(
        store=parts.store,
        applications=parts.applications,
        reader=parts.reader,
        hasher=parts.hasher,
        reauthenticator=reauthenticator,
        rules=parts.rules,
        hash_key=parts.hash_key,
        link_key=parts.link_key,
        clock=parts.clock,
    )
    contacts = ContactChanges(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        reader=parts.reader,
        reauthenticator=reauthenticator,
        hash_key=parts.hash_key,
        link_key=parts.link_key,
        clock=parts.clock,
        smtputf8=parts.settings.vinculo_smtputf8,
    )
    phones = PhoneCodes(
        store=parts.store,
        applications=parts.applications,
        link_key=parts.link_key,
        clock=parts.clock,
    )
    consents = ConsentService(
        store=parts.store,
        applications=parts.applications,
        catalogue=parts.rules.consents,
        clock=parts.clock,
    )
    corrections = IdentityCorrectionService(
        reader=parts.reader,
        reauthenticator=reauthenticator,
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        throttle=parts.throttle,
        rules=parts.rules,
        hash_key=parts.hash_key,
        today=parts.today,
        clock=parts.clock,
    )
    disputes = Disputes(store=parts.store, applications=parts.applications, clock=parts.clock)
    return [
        confirmations_api(passwords, parts.staff_passwords(), contacts, parts.floor),
        account_api(passwords, parts.staff_passwords(), contacts, phones, parts.idempotency),
        own_consents_api(consents),
        identity_corrections_api(corrections, parts.idempotency),
        disputes_api(disputes, parts.idempotency),
    ]


def _staff_routes(parts: _Parts) -> list[APIRouter]:
    administration = StaffAdministration(
        store=parts.store,
        records=parts.staff_records,
        keyring=parts.keyring,
        rate_limiter=RateLimiter(parts.engine),
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    return [
        staff_api(administration, parts.idempotency, smtputf8=parts.settings.vinculo_smtputf8),
        staff_invitations_api(parts.staff_passwords()),
    ]


def _claim_routes(parts: _Parts) -> list[APIRouter]:
    opening = ClaimOpening(
        store=parts.store,
        applications=parts.applications,
        claims=parts.claims,
        keyring=parts.keyring,
        reader=parts.reader,
        activator=parts.activator(),
        tokens=parts.tokens,
        rate_limiter=RateLimiter(parts.engine),
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    claims = ClaimReader(
        store=parts.store, claims=parts.claims, keyring=parts.keyring, reader=parts.reader
    )
    decisions = ClaimDecisions(
        store=parts.store,
        applications=parts.applications,
        claims=parts.claims,
        keyring=parts.keyring,
        reader=claims,
        rules=parts.rules,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    return [
        document_claims_api(opening, parts.idempotency),
        claim_decisions_api(claims, decisions, parts.idempotency),
    ]
