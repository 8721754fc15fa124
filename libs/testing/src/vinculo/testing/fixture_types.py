"""The types of the fixtures, for the annotations of tests."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, overload

from vinculo.testing.databases import Migrate
from vinculo.testing.storage import S3
from vinculo.testing.waiting import WAIT_SECONDS

Value = TypeVar("Value")


class NewDatabase(Protocol):
    async def __call__(self, migrate: Migrate | None = None, name: str = "x") -> str: ...


class MakeTopics(Protocol):
    async def __call__(self, *names: str, partitions: int = 3) -> list[str]: ...


class MongoUrl(Protocol):
    def __call__(self, name: str = "x") -> str: ...


class MakeBucket(Protocol):
    def __call__(self, name: str = "x") -> S3: ...


class Eventually(Protocol):
    @overload
    async def __call__(
        self,
        check: Callable[[], Awaitable[Value]],
        timeout: float = WAIT_SECONDS,  # noqa: ASYNC109  # the time limit is part of the message
    ) -> Value: ...
    @overload
    async def __call__(
        self,
        check: Callable[[], Value],
        timeout: float = WAIT_SECONDS,  # noqa: ASYNC109  # the time limit is part of the message
    ) -> Value: ...
