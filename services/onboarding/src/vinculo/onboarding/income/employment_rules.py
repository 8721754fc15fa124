"""What differs by installation in step three: currencies, deductible part, age of the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from vinculo.values.currencies import CURRENCIES, ISO_4217

REFRESH_DAYS: Final = 180
DEDUCTIBLE_PERCENT: Final[Mapping[str, int]] = MappingProxyType({"CO": 50})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentRules:
    """Currencies by country; the deductible percentage by project or country, the project's first.

    A country without currencies of its own takes any; one without a percentage has no capacity.
    """

    currencies: Mapping[str, frozenset[str]] = field(default_factory=lambda: CURRENCIES)
    deductible_percent: Mapping[str, int] = field(default_factory=lambda: DEDUCTIBLE_PERCENT)
    refresh_days: int = REFRESH_DAYS

    def currencies_of(self, country: str) -> frozenset[str]:
        return self.currencies.get(country, ISO_4217)

    def percent_of(self, project: str, country: str) -> int | None:
        return self.deductible_percent.get(project, self.deductible_percent.get(country))
