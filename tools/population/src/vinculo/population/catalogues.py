"""What is about no one person: the payers, and the promotion policies."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from vinculo.population.inventing import SPAN, Invention, payer_id
from vinculo.population.recording import OPERATOR, POLICY_OF, REQUIREMENTS
from vinculo.population.telling import Told, header_time, told_time
from vinculo.simulation.payers import payers

BEFORE: Final = timedelta(days=30)
PROJECTS: Final = UUID("0d3c7c5e-3f0a-5a39-9d0e-7a1b1f0c9b52")
"""As the registry names the streams of its policies."""
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


def catalogue_events(invention: Invention) -> Iterator[Told]:
    """Told a month before anybody registers."""
    at = invention.until - SPAN - BEFORE
    moment = told_time(at)
    for payer in payers():
        facts = {
            "name": payer.name,
            "tax_id": payer.tax_id,
            "agreement": None,
            "contact_name": None,
            "contact_phone": None,
            "contact_email": None,
            "registered_by": OPERATOR,
            "registered_at": moment,
        }
        yield _first("payer", payer_id(payer), "payer-registered.v1", at, facts)
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
            "published_at": moment,
        }
        stream = uuid5(PROJECTS, project)
        yield _first("promotion-policy", stream, "policy-published.v1", at, published)


def _first(category: str, stream: UUID, type_: str, at: datetime, facts: dict[str, Any]) -> Told:
    """The one event of its stream."""
    event_id = str(uuid5(stream, type_))
    return Told(category, str(stream), 1, type_, event_id, header_time(at), facts, None, False)
