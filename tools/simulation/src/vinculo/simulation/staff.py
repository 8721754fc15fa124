"""Staff accounts of the demonstration, created with the onboarding service's command."""

import asyncio
import base64
import hashlib
import hmac
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from vinculo.simulation.gateway_client import GatewayClient, RequestRefused
from vinculo.simulation.operator_client import OperatorClient

UNAUTHENTICATED = 401


class StaffCommandError(Exception):
    """The command failed; the message contains its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccount:
    email: str
    role: str
    password: str


def demo_staff(environment: Mapping[str, str]) -> list[StaffAccount]:
    """An operator and an administrator. Their passwords derive from a secret of the system."""
    return [
        staff_account("operator", environment["VINCULO_HASH_KEY"]),
        staff_account("admin", environment["VINCULO_HASH_KEY"]),
    ]


def staff_account(role: str, secret: str, name: str | None = None) -> StaffAccount:
    email = f"{name or role}@staff.example"
    digest = hmac.digest(secret.encode(), f"demo {email}".encode(), hashlib.sha256)
    password = base64.b32encode(digest).decode().rstrip("=").lower()[:24]
    return StaffAccount(email=email, role=role, password=password)


async def signed_in_operator(
    gateway: GatewayClient, account: StaffAccount, environment: Mapping[str, str]
) -> OperatorClient:
    """A signed-in operator; the account is created if signing in fails."""
    operator = OperatorClient(gateway, account.email, account.password)
    try:
        await operator.sign_in()
    except RequestRefused as refused:
        if refused.status != UNAUTHENTICATED:
            raise
        await create_staff_account(account, environment)
        await operator.sign_in()
    return operator


async def create_staff_account(account: StaffAccount, environment: Mapping[str, str]) -> None:
    """Run `staff add` with the settings of the system; the password is passed on standard input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.onboarding", "staff", "add"),
        *("--email", account.email, "--role", account.role),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(f"{account.password}\n".encode())
    if process.returncode != 0:
        raise StaffCommandError(
            f"staff add exited with {process.returncode}: {output.decode().strip()}"
        )
