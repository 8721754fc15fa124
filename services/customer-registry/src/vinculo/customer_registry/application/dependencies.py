"""What the use cases need: storage, keys, rule engine, metrics and clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.metrics import RegistryMetrics
from vinculo.customer_registry.storage.erasure_ledger import LedgerRecorder
from vinculo.eventstore import PostgresEventStore
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryDependencies:
    """`time_zone` is used for ages: a birthday begins at local midnight."""

    store: PostgresEventStore
    keys: KeyRing
    recorder: LedgerRecorder
    rules: RuleEngine
    metrics: RegistryMetrics
    clock: Callable[[], datetime]
    time_zone: ZoneInfo

    def today(self) -> date:
        return self.clock().astimezone(self.time_zone).date()
