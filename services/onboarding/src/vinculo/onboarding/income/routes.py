"""The parts about employment and payers put together, with the person's own view of it all."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from vinculo.eventstore import PostgresEventStore
from vinculo.httpapi import Idempotency
from vinculo.onboarding.api.own_application import own_application_api
from vinculo.onboarding.api.payer_orders import payer_orders_api
from vinculo.onboarding.api.payers import payers_api
from vinculo.onboarding.forms.employment import EmploymentRules
from vinculo.onboarding.income.payer_proposals import PayerProposals
from vinculo.onboarding.income.payers import Payers
from vinculo.onboarding.own.application import OwnApplications
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import application_category, payer_category
from vinculo.privacy import KeyRing


def income_routes(
    settings: Settings,
    *,
    store: PostgresEventStore,
    keyring: KeyRing,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> list[APIRouter]:
    payers = Payers(store=store, category=payer_category(), clock=clock)
    own = OwnApplications(
        store=store,
        applications=application_category(),
        keyring=keyring,
        proposals=PayerProposals(store=store, category=payer_category(), clock=clock),
        rules=EmploymentRules(
            currencies=settings.onboarding_currencies,
            deductible_percent=settings.onboarding_deductible_percent,
            refresh_days=settings.onboarding_employment_refresh_days,
        ),
        clock=clock,
    )
    return [
        own_application_api(own, settings.onboarding_credit_url),
        payers_api(payers, idempotency),
        payer_orders_api(payers, idempotency),
    ]
