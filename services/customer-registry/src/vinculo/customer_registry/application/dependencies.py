"""What the registry works with, put together once per process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.eventstore import PostgresEventStore
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryDependencies:
    """`zone` is where ages are counted: a birthday begins at local midnight."""

    store: PostgresEventStore
    keys: KeyRing
    rules: RuleEngine
    metrics: RegistryMetrics
    clock: Callable[[], datetime]
    zone: ZoneInfo

    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()
