"""`python -m bench.web screenshots | report`, of a system that runs (`make demo`)."""

import asyncio
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from playwright.async_api import Page, Response, expect
from rich.console import Console
from rich.table import Table

from bench.web.pages import (
    OPEN_PAGES,
    OWN_PAGES,
    RunningSystem,
    all_places,
    new_person,
    open_registration_page,
    running_system,
    sign_in_person,
    signed_in_page,
)
from vinculo.local.state import DEFAULT_DIRECTORY
from vinculo.testing.browser import (
    DESKTOP,
    accessibility_findings,
    browser_context,
    open_page,
    policy_violations,
    running_browser,
)

WIDTHS = (360, 390, 768, DESKTOP)
LOCALES = {"es": "es-CO", "en": "en-GB"}
FIRST_LOADS = {
    "registration, start": ("/", 120),
    "registration, form": ("/registration", 135),
    "console, customers": ("/console/customers", 420),
}
"""Paths and budgets in kB of compressed scripts, styles and texts; those of the build
(`web/vite.config.ts`), which knows one language and no pages that are loaded ahead."""
SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
SLOWER_PROCESSOR = 4
LAYOUT_SHIFT = """
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
            if (!entry.hadRecentInput) window.layoutShift += entry.value;
    }).observe({type: "layout-shift", buffered: true});
"""
Directory = Annotated[Path, typer.Option("--dir", help="folder of the running system")]
app = typer.Typer(help="Pictures and measurements of the browser's pages.", no_args_is_help=True)


@app.command()
def screenshots(
    directory: Directory = DEFAULT_DIRECTORY, output: Path = Path("build/screenshots")
) -> None:
    """Save a picture of every page, in both languages and four widths."""
    saved = asyncio.run(_screenshots(running_system(directory), output))
    typer.echo(f"{saved} pictures are in {output}")


@app.command()
def report(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Print bytes, time to use on a slow phone, layout shift, axe findings, policy violations."""
    asyncio.run(_report(running_system(directory)))


async def _screenshots(system: RunningSystem, output: Path) -> int:
    saved = 0
    person = await new_person(system)
    async with running_browser() as browser:
        for width in WIDTHS:
            for language, locale in LOCALES.items():
                folder = output / language / str(width)
                async with signed_in_page(browser, system, width=width, locale=locale) as page:
                    for name, path in (await all_places(page, system)).items():
                        await open_page(page, f"{system.url}/console{path}")
                        await page.screenshot(path=folder / f"{name}.png", full_page=True)
                        saved += 1
                async with browser_context(browser, width=width, locale=locale) as context:
                    page = await context.new_page()
                    saved += await _registration_screenshots(page, system, OPEN_PAGES, folder)
                    await sign_in_person(page, system, person)
                    saved += await _registration_screenshots(page, system, OWN_PAGES, folder)
    return saved


async def _registration_screenshots(
    page: Page, system: RunningSystem, places: Mapping[str, str], folder: Path
) -> int:
    for name, path in places.items():
        await open_registration_page(page, system, path)
        await page.screenshot(path=folder / f"registration-{name}.png", full_page=True)
    return len(places)


async def _report(system: RunningSystem) -> None:
    console = Console()
    loads = Table("entry", "kB, compressed", "budget", "usable after, slow phone")
    for name, (path, budget) in FIRST_LOADS.items():
        size, seconds = await _first_load(system, path, is_console=path.startswith("/console"))
        loads.add_row(name, f"{size:.0f}", str(budget), f"{seconds:.1f} s")
    console.print(loads)
    console.print(await _findings(system))


async def _first_load(system: RunningSystem, path: str, *, is_console: bool) -> tuple[float, float]:
    """Kilobytes loaded, and seconds, until the page is usable on a slow network and processor."""
    assets: list[Response] = []

    def keep(response: Response) -> None:
        if "/assets/" in response.url:
            assets.append(response)

    async with running_browser() as browser:
        if is_console:
            async with signed_in_page(browser, system, width=DESKTOP, locale="es-CO") as page:
                state = await page.context.storage_state()
        else:
            state = None
        context = await browser.new_context(storage_state=state, locale="es-CO")
        page = await context.new_page()
        tools = await context.new_cdp_session(page)
        await tools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        await tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
        page.on("response", keep)
        await page.goto(f"{system.url}{path}")
        await page.locator("h1").first.wait_for()
        await expect(page.locator(".waiting")).to_have_count(0)
        seconds: float = await page.evaluate("performance.now() / 1000")
        if is_console:
            await page.wait_for_load_state("networkidle")
        sizes = [len(gzip.compress(await response.body(), 6)) for response in assets]
        await context.close()
    return sum(sizes) / 1000, seconds


async def _findings(system: RunningSystem) -> Table:
    table = Table("page", "width", "layout shift", "axe, serious or critical", "policy violations")
    async with running_browser() as browser:
        for width in (390, DESKTOP):
            async with signed_in_page(browser, system, width=width, locale="es-CO") as page:
                await page.add_init_script(LAYOUT_SHIFT)
                for name, path in (await all_places(page, system)).items():
                    await open_page(page, f"{system.url}/console{path}")
                    shift: float = await page.evaluate("window.layoutShift")
                    findings = await accessibility_findings(page)
                    violations = await policy_violations(page)
                    table.add_row(
                        name,
                        str(width),
                        f"{shift:.3f}",
                        ", ".join(findings) or "0",
                        ", ".join(violations) or "0",
                    )
    return table


if __name__ == "__main__":
    app()
