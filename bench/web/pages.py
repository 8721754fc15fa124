"""The console's pages as an administrator of a running system sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from vinculo.local.process_spec import StartFailedError
from vinculo.local.state import running_environment
from vinculo.simulation.staff import demo_staff
from vinculo.testing.browser import browser_context, open_page, sign_in

LISTS = {
    "pre-customers": "/pre-customers",
    "customers": "/customers",
    "registrations": "/users/registrations",
}
PLACES = {
    "home": "/",
    **LISTS,
    "review-queue": "/review",
    "funnel": "/reports/funnel",
    "daily": "/reports/daily",
    "exports": "/reports/exports",
    "payers": "/payers",
    "corrections": "/corrections",
    "audit": "/audit",
}
SECTIONS = ("credit", "details", "requirements", "timeline", "changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSystem:
    """The gateway's address and an administrator's account of the demonstration."""

    url: str
    email: str
    password: str


def running_system(directory: Path) -> RunningSystem:
    """Raises StartFailedError if nothing runs there."""
    environment = running_environment(directory)
    if environment is None:
        raise StartFailedError("Vínculo is not running; start it with: make demo")
    admin = next(each for each in demo_staff(environment) if each.role == "admin")
    return RunningSystem(
        url=environment["VINCULO_PUBLIC_URL"], email=admin.email, password=admin.password
    )


@asynccontextmanager
async def signed_in_page(
    browser: Browser, system: RunningSystem, *, width: int, locale: str
) -> AsyncIterator[Page]:
    async with browser_context(browser, width=width, locale=locale) as context:
        page = await context.new_page()
        await sign_in(page, system.url, email=system.email, password=system.password)
        yield page


async def all_places(page: Page, system: RunningSystem) -> dict[str, str]:
    """Names and paths of all pages, with those of one customer and of one dossier."""
    customer = await _first_link(page, system, "/customers", "/people/")
    dossier = await _first_link(page, system, "/review", "/review/")
    return {
        **PLACES,
        **{f"profile-{name}": f"{customer}?section={name}" for name in SECTIONS if customer},
        **({"review": dossier} if dossier else {}),
    }


async def _first_link(page: Page, system: RunningSystem, path: str, prefix: str) -> str | None:
    """The path of the first link that begins with the prefix."""
    await open_page(page, f"{system.url}/console{path}")
    link = page.locator(f"main a[href^='/console{prefix}']").first
    if await link.count() == 0:
        return None
    return str(await link.get_attribute("href")).removeprefix("/console")
