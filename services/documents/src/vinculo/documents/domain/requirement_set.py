"""The documents that every person has to provide."""

from dataclasses import dataclass

from vinculo.documents.domain.dossier_events import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementSet:
    version: int
    requirements: tuple[Requirement, ...]


FIRST_REQUIREMENT_SET = RequirementSet(
    version=1,
    requirements=(
        Requirement(code="identity_card_front", kinds=("identity_card_front",)),
        Requirement(code="identity_card_back", kinds=("identity_card_back",)),
        Requirement(code="payslip", kinds=("payslip",)),
        Requirement(
            code="employment_proof", kinds=("employment_certificate", "employment_contract")
        ),
    ),
)
