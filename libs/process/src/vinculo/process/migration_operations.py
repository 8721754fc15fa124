"""The part of Alembic that libraries use to create their tables."""

from typing import Any, Protocol


class Executes(Protocol):
    """Alembic's `op`, as the module and as an `Operations` object."""

    def execute(self, sqltext: Any) -> None: ...  # noqa: ANN401 - as Alembic declares it
