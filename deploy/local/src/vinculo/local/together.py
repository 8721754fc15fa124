"""Starting several things at once, failing as one."""

import asyncio
from collections.abc import Coroutine, Iterable

from vinculo.local.program import StartFailedError


async def start_together(starts: Iterable[Coroutine[None, None, None]]) -> None:
    """Await all of them; when one fails the others are given up and one error says what failed."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for start in starts:
                tasks.create_task(start)
    except ExceptionGroup as group:
        # Not `except*`: what is raised there stays wrapped in a group before Python 3.11.4.
        failed, others = group.split(StartFailedError)
        if failed is None or others is not None:
            raise
        raise StartFailedError("\n".join(map(str, failed.exceptions))) from group
