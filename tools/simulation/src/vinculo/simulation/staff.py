"""The members of staff who work in the demonstration, made by the onboarding service's command."""

import asyncio
import base64
import hashlib
import hmac
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from vinculo.simulation.gateway import Gateway, Refused
from vinculo.simulation.operations import Operator

UNAUTHENTICATED = 401


class StaffNotMade(Exception):
    """The command failed; its words are the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    email: str
    role: str
    password: str


def demo_accounts(environment: Mapping[str, str]) -> list[Account]:
    """The same passwords for the same system: they derive from one of its secrets."""
    return [
        account("operator", environment["VINCULO_HASH_KEY"]),
        account("admin", environment["VINCULO_HASH_KEY"]),
    ]


def account(role: str, secret: str, name: str | None = None) -> Account:
    email = f"{name or role}@staff.example"
    digest = hmac.digest(secret.encode(), f"demo {email}".encode(), hashlib.sha256)
    password = base64.b32encode(digest).decode().rstrip("=").lower()[:24]
    return Account(email=email, role=role, password=password)


async def operator_of(gateway: Gateway, made: Account, environment: Mapping[str, str]) -> Operator:
    """Give a signed-in operator; the account is made when nobody can sign in with it yet."""
    operator = Operator(gateway, made.email, made.password)
    try:
        await operator.sign_in()
    except Refused as refused:
        if refused.status != UNAUTHENTICATED:
            raise
        await add_staff(made, environment)
        await operator.sign_in()
    return operator


async def add_staff(made: Account, environment: Mapping[str, str]) -> None:
    """Run `staff add` with the settings of the system; the password goes in on standard input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.onboarding", "staff", "add"),
        *("--email", made.email, "--role", made.role),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(f"{made.password}\n".encode())
    if process.returncode != 0:
        raise StaffNotMade(f"staff add ended with {process.returncode}: {output.decode().strip()}")
