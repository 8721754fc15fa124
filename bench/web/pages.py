"""The pages of a running system: the registration's, and the console's for an administrator."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from vinculo.local.process_spec import StartFailedError
from vinculo.local.state import running_environment
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
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
    "claims": "/claims",
    "staff": "/staff",
    "own-account": "/account",
    "audit": "/audit",
}
SECTIONS = ("credit", "details", "requirements", "timeline", "messages", "changes")
OPEN_PAGES = {
    "start": "/",
    "personal-data": "/registration",
    "mail": "/registration/mail",
    "sign-in": "/sign-in",
    "forgotten-password": "/sign-in/forgotten",
    "activation-without-link": "/activate",
    "password-reset-without-link": "/reset-password",
}
OWN_PAGES = {
    "application": "/application",
    "employment": "/application/employment",
    "documents": "/application/documents",
    "account": "/account",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSystem:
    """The gateway's address, its environment, and an administrator's account of the demo."""

    url: str
    email: str
    password: str
    environment: Mapping[str, str]


def running_system(directory: Path) -> RunningSystem:
    """Raises StartFailedError if nothing runs there."""
    environment = running_environment(directory)
    if environment is None:
        raise StartFailedError("Vínculo is not running; start it with: make demo")
    admin = next(each for each in demo_staff(environment) if each.role == "admin")
    return RunningSystem(
        url=environment["VINCULO_PUBLIC_URL"],
        email=admin.email,
        password=admin.password,
        environment=environment,
    )


async def new_person(system: RunningSystem) -> Person:
    """A person who has registered and activated the account, and has steps left to do."""
    (person,) = make_people(1, seed=secrets.randbits(48), payers=payers())
    mailbox = Mailbox.from_environment(system.environment)
    async with GatewayClient(system.url) as gateway:
        applicant = ApplicantClient(gateway, mailbox, person)
        await applicant.register()
        await applicant.activate()
    return person


async def sign_in_person(page: Page, system: RunningSystem, person: Person) -> None:
    """Sign in to the registration, in either language."""
    await page.goto(f"{system.url}/sign-in")
    await page.locator("main input").first.fill(person.document_number)
    await page.locator("main input[type=password]").fill(person.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/application")


async def open_registration_page(page: Page, system: RunningSystem, path: str) -> None:
    """Open the page and wait until everything that it reads is shown."""
    await page.goto(f"{system.url}{path}")
    await page.wait_for_load_state("networkidle")
    await page.locator("h1").first.wait_for()


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
