"""The projector process."""

import asyncio

from vinculo.httpapi import serve, worker_app
from vinculo.process import configure_logging, run_until_signal
from vinculo.query_api.projection.metrics import projector_metrics
from vinculo.query_api.projection.process import projecting_parts, projector_of, utc_now
from vinculo.query_api.projection.supervisor import Supervisor
from vinculo.query_api.settings import Settings


def run_projector(settings: Settings, host: str, port: int) -> None:
    """Work until a signal, with health and metrics on the port."""
    configure_logging("query-api")

    async def work() -> None:
        async with projecting_parts(settings) as parts:
            supervisor = Supervisor(
                parts.mongo.database, projector_of(parts), utc_now, projector_metrics().watch
            )
            app = worker_app(
                "query-projector",
                readiness={**parts.checks(), "projector": supervisor.check},
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(app, host, port))
                tasks.create_task(supervisor.run())

    run_until_signal(work)
