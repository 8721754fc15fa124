"""How much more could be deducted from a salary by law."""

from collections.abc import Iterable


def indicative_capacity_cents(
    net_monthly_salary_cents: int, deductions_cents: Iterable[int], deductible_percent: int
) -> int:
    """What is left of the deductible part of the salary, per month; rounded down, never negative.

    Ley 1527 de 2012 (Colombia), artículo 3, numeral 5: a payroll deduction may be made only if
    whoever earns the salary or pension does not receive less than 50 % of its net after the
    deductions of law. So half of the net may be deducted there, the existing deductions included.
    Indicative: it rests on what the person declared.
    """
    deductible = net_monthly_salary_cents * deductible_percent // 100
    return max(0, deductible - sum(deductions_cents))
