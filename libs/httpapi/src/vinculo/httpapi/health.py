"""Liveness and readiness endpoints, and the mark of public endpoints, which these are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from vinculo.httpapi.problems import Problem
from vinculo.httpapi.status import Severity, process_status

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Check = Callable[[], Awaitable[None]]
"""A readiness check; it fails by raising any exception."""
Checks = Mapping[str, Check]
Degradation = Callable[[], bool]

CHECK_TIMEOUT_SECONDS: Final = 2.0
_PUBLIC: Final = "vinculo_public"


def public(endpoint: Endpoint) -> Endpoint:
    """Declare that the endpoint needs no permission. Place it under the route's decorator."""
    setattr(endpoint, _PUBLIC, True)
    return endpoint


def is_public(endpoint: object) -> bool:
    return getattr(endpoint, _PUBLIC, False) is True


def health_api(checks: Checks, *, timeout_seconds: float = CHECK_TIMEOUT_SECONDS) -> APIRouter:
    """`/health/live`, `/health/ready` with 503 and the names of failed checks, `/health/status`.

    A ready process names in `degraded` what it does without: the entries of
    `app.state.degradations`, a mapping of names to functions, that return True. The status is for
    operators, and is 503 while something is red.
    """
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.get("/live")
    @public
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/ready")
    @public
    async def ready(request: Request) -> dict[str, str | list[str]]:
        failed = await failed_checks(checks, timeout_seconds)
        if failed:
            raise Problem(503, "not-ready", extensions={"missing": failed})
        degraded = degraded_parts(request)
        return {"status": "ready", **({"degraded": degraded} if degraded else {})}

    @router.get("/status")
    @public
    async def status(request: Request) -> JSONResponse:
        failed = await failed_checks(checks, timeout_seconds)
        found = process_status(missing=failed, degraded=degraded_parts(request))
        return JSONResponse(found, 503 if found["status"] == Severity.RED else 200)

    return router


def degraded_parts(request: Request) -> list[str]:
    """What the process does without."""
    degradations: Mapping[str, Degradation] = getattr(request.app.state, "degradations", {})
    return sorted(name for name, is_degraded in degradations.items() if is_degraded())


async def failed_checks(checks: Checks, timeout_seconds: float) -> list[str]:
    """The names of the checks that fail or do not finish in time."""

    async def passes(name: str) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await checks[name]()
        except Exception:  # noqa: BLE001 - any exception is a failed check
            structlog.get_logger().warning("readiness-check-failed", check=name, exc_info=True)
            return False
        return True

    passed = await asyncio.gather(*(passes(name) for name in checks))
    return sorted(name for name, ok in zip(checks, passed, strict=True) if not ok)
