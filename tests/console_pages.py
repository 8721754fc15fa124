"""Pages of the console, opened by a signed-in member of staff."""

from pathlib import Path

from playwright.async_api import BrowserContext, Page

from vinculo.simulation.staff import StaffAccount, demo_staff
from vinculo.testing.browser import (
    open_page,
    sign_in,
)

from .system_harness import SystemHarness


def account(harness: SystemHarness, role: str) -> StaffAccount:
    return next(each for each in demo_staff(harness.system.environment) if each.role == role)


async def console(context: BrowserContext, harness: SystemHarness, role: str = "operator") -> Page:
    """The console's home page of a signed-in member."""
    page = await context.new_page()
    member = account(harness, role)
    await sign_in(page, harness.system.url, email=member.email, password=member.password)
    return page


async def go(page: Page, harness: SystemHarness, path: str) -> None:
    await open_page(page, f"{harness.system.url}/console{path}")


async def save_export(page: Page, menu_text: str) -> Path:
    """The file of the shown rows, saved when it is ready."""
    await page.get_by_role("button", name="Descargar").click()
    async with page.expect_download() as saved:
        await page.get_by_role("menuitem", name=menu_text, exact=True).click()
    path = await (await saved.value).path()
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").wait_for(state="hidden")
    return path
