"""What a library's migration needs of Alembic."""

from typing import Any, Protocol


class Executes(Protocol):
    """The part of Alembic's `op` that creates tables; both the module and the object have it."""

    def execute(self, sqltext: Any) -> None: ...  # noqa: ANN401 - as Alembic declares it
