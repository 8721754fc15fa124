"""Decides at an attempt whether a message may be sent, and which held ones it takes along.

The budget's row is locked while that is decided, so of several workers one sends the next message
to an address, and the others hold theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.notifications.domain.message import NotificationTrigger
from vinculo.notifications.domain.message_budget import (
    Budget,
    BudgetPurpose,
    purpose_of,
    use_budget,
    use_while_held,
)
from vinculo.notifications.storage.deliveries import (
    Delivery,
    DeliveryState,
    admit,
    claim_held,
    hold,
    lock_delivery,
)
from vinculo.notifications.storage.message_budgets import lock_budget, save_use
from vinculo.privacy import keyed_hash

COLLECTED_AT_MOST: Final = 100
"""Messages in one collecting message; the others wait for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientBudgets:
    """`hash_key` is secret: addresses cannot be found out from the stored keys.

    An admitted message uses no further budget when its attempt is repeated. `lease` is how long
    the messages that it takes along are kept from other workers.
    """

    engine: AsyncEngine
    budgets: Mapping[BudgetPurpose, Budget]
    hash_key: bytes
    lease: timedelta
    clock: Callable[[], datetime]
    collected_at_most: int = COLLECTED_AT_MOST

    async def admit(self, delivery: Delivery, address: str) -> list[Delivery] | None:
        """The held messages to be sent together with this one; None if it may not be sent now.

        Then it is held until the next collecting message is allowed, or another worker has
        already sent it along with its own.
        """
        purpose = purpose_of(delivery.trigger)
        if purpose is None:
            return []
        recipient_key = self._key(delivery.trigger, purpose, address)
        async with self.engine.begin() as connection:
            return await self._admit(connection, delivery, recipient_key, self.budgets[purpose])

    async def _admit(
        self, connection: AsyncConnection, delivery: Delivery, recipient_key: bytes, budget: Budget
    ) -> list[Delivery] | None:
        now = self.clock()
        used = await lock_budget(connection, recipient_key, now)
        current = await lock_delivery(connection, delivery.message_id)
        if current is None:
            return None
        if current != (DeliveryState.DUE, recipient_key):
            use = use_budget(budget, used, now)
            if use is None:
                held = use_while_held(budget, used, now)
                await save_use(connection, recipient_key, held, now)
                await hold(connection, delivery, recipient_key, until=held.collects_from)
                return None
            await save_use(connection, recipient_key, use, now)
            await admit(connection, delivery.message_id, recipient_key)
        return await claim_held(
            connection,
            recipient_key,
            lease_until=now + self.lease,
            limit=self.collected_at_most - 1,
        )

    def _key(self, trigger: NotificationTrigger, purpose: BudgetPurpose, address: str) -> bytes:
        """Equal for addresses that differ only in letter case: mail servers ignore it.

        Messages about documents share the budget of their person.
        """
        name = trigger.template.value
        if purpose is BudgetPurpose.DOCUMENTS:
            name = f"{purpose.value} {trigger.person_id}"
        return keyed_hash(self.hash_key, "message-budget", name, address.casefold())
