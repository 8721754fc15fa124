"""The domain runs on the standard library alone."""

import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from importlib.resources import files

DOMAIN = "vinculo.customer_registry.domain"
HEAVY = {"sqlalchemy", "asyncpg", "aiokafka", "pydantic", "prometheus_client"}


async def test_the_domain_loads_no_framework() -> None:
    modules = sorted(
        f"{DOMAIN}.{file.name.removesuffix('.py')}"
        for file in files(DOMAIN).iterdir()
        if file.name.endswith(".py") and file.name != "__init__.py"
    )
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    process = await create_subprocess_exec(sys.executable, "-c", program, stdout=PIPE)
    output, _ = await process.communicate()
    loaded = set(output.decode().split())

    assert set(modules) <= loaded
    assert HEAVY.isdisjoint(loaded)
