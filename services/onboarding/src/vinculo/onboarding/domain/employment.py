"""Employment as an applicant declares it, and the payroll capacity that results."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ContractType(StrEnum):
    INDEFINITE = "indefinite"
    FIXED_TERM = "fixed_term"
    SERVICE = "service"
    PENSION = "pension"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    concept: str
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerContact:
    name: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentDetails:
    position: str
    net_monthly_salary_cents: int
    deductions: tuple[Deduction, ...] = ()
    payer_contact: PayerContact
    indicative_capacity_cents: int | None = None


def indicative_capacity_cents(
    net_monthly_salary_cents: int, deductions_cents: Iterable[int], deductible_percent: int
) -> int:
    """The part of the monthly salary that could still be deducted; rounded down, never negative.

    Ley 1527 de 2012 (Colombia), artículo 3, numeral 5: a payroll deduction may be made only if the
    earner still receives at least 50 % of the net salary or pension after the deductions of law. So
    half of the net is deductible there, existing deductions included. Indicative, because it rests
    on what the person declared.
    """
    deductible = net_monthly_salary_cents * deductible_percent // 100
    return max(0, deductible - sum(deductions_cents))
