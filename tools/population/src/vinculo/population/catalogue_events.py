"""Events that concern no single person: payers and promotion policies."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from vinculo.population.event_builder import DraftEvent, fact_time, header_time
from vinculo.population.person_generator import REGISTRATION_PERIOD, PopulationSpec, payer_id
from vinculo.population.registry_events import OPERATOR, POLICY_OF, REQUIREMENTS
from vinculo.simulation.payers import payers

LEAD_TIME: Final = timedelta(days=30)
PROJECT_NAMESPACE: Final = UUID("0d3c7c5e-3f0a-5a39-9d0e-7a1b1f0c9b52")
"""The registry derives the stream ids of its policies with it."""
TITLES: Final = {
    "email_verified": ("Correo electrónico verificado", "E-mail address verified"),
    "employment_declared": (
        "Información laboral y financiera registrada",
        "Employment and income declared",
    ),
    "documents_accepted": (
        "Documentos aceptados por un revisor",
        "Documents accepted by a reviewer",
    ),
    "documents_submitted": ("Documentos recibidos y verificados", "Documents received, screened"),
    "onboarding_completed": ("Vinculación finalizada", "Onboarding completed"),
}


def catalogue_events(spec: PopulationSpec) -> Iterator[DraftEvent]:
    """All happen a month before the first registration."""
    at = spec.until - REGISTRATION_PERIOD - LEAD_TIME
    time = fact_time(at)
    for payer in payers():
        facts = {
            "name": payer.name,
            "tax_id": payer.tax_id,
            "agreement": None,
            "contact_name": None,
            "contact_phone": None,
            "contact_email": None,
            "registered_by": OPERATOR,
            "registered_at": time,
        }
        yield _only_event("payer", payer_id(payer), "payer-registered.v1", at, facts)
    for project, policy in POLICY_OF.items():
        published = {
            "project": project,
            "policy": policy,
            "policy_version": 1,
            "requirements": [
                {
                    "code": code,
                    "expression": fact,
                    "facts": [fact],
                    "title_es": TITLES[code][0],
                    "title_en": TITLES[code][1],
                }
                for code, fact in REQUIREMENTS[policy].items()
            ],
            "published_by": None,
            "published_at": time,
        }
        stream = uuid5(PROJECT_NAMESPACE, project)
        yield _only_event("promotion-policy", stream, "policy-published.v1", at, published)


def _only_event(
    category: str, stream: UUID, type_: str, at: datetime, facts: dict[str, Any]
) -> DraftEvent:
    """The only event of its stream."""
    event_id = str(uuid5(stream, type_))
    return DraftEvent(
        category, str(stream), 1, type_, event_id, header_time(at), facts, None, False
    )
