"""Headless Chromium: pages that count violations of the policy, sign-in, and the axe checks."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from vinculo.local.paths import ROOT
from vinculo.local.web_build import install_packages

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
AXE: Final = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE: Final = 390
DESKTOP: Final = 1440
HEIGHT: Final = 900
COUNT_VIOLATIONS: Final = """
    window.policyViolations = [];
    document.addEventListener("securitypolicyviolation", (violation) =>
        window.policyViolations.push(`${violation.violatedDirective} ${violation.blockedURI}`));
"""
FINDINGS: Final = """async (tags) => (await axe.run(document, {runOnly: tags})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes[0].html}`)"""


def chromium_path() -> str:
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise RuntimeError("Chromium is missing; try: apt-get install chromium")


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def browser_context(
    browser: Browser, *, width: int = DESKTOP, locale: str = "es-CO"
) -> AsyncIterator[BrowserContext]:
    """A fresh profile: its own cookies, language and window size."""
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHT}, locale=locale, accept_downloads=True
    )
    context.set_default_timeout(60_000)
    await context.add_init_script(COUNT_VIOLATIONS)
    try:
        yield context
    finally:
        await context.close()


async def sign_in(page: Page, url: str, *, email: str, password: str) -> None:
    """Sign in to the console, in either language, and wait for the home page."""
    await page.goto(f"{url}/console/")
    await page.locator("input[type=email]").fill(email)
    await page.locator("input[type=password]").fill(password)
    await page.keyboard.press("Enter")
    await page.locator("#content h1").wait_for()


async def accessibility_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe."""
    install_packages()
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    findings: list[str] = await page.evaluate(FINDINGS, AXE_TAGS)
    return findings


async def policy_violations(page: Page) -> list[str]:
    violations: list[str] = await page.evaluate("window.policyViolations")
    return violations


async def open_page(page: Page, url: str) -> None:
    """Open a page of the console and wait until everything that it asks for is shown."""
    await page.goto(url)
    await page.wait_for_load_state("networkidle")
    await page.locator("#content h1").first.wait_for()


async def is_wider_than_window(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
