"""Members of staff at work in the console, in a real browser against the running system."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from openpyxl import load_workbook
from playwright.async_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from vinculo.simulation.staff import StaffAccount, demo_staff
from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    open_page,
    policy_violations,
    running_browser,
    sign_in,
)

from .system_harness import SystemHarness

PAGES = [
    *("/", "/pre-customers", "/customers?status=enabled", "/users/registrations", "/review"),
    *("/reports/registrations", "/reports/funnel", "/reports/daily", "/reports/exports"),
    *("/payers", "/corrections", "/audit", "/nowhere"),
]
SECTIONS = ["credit", "details", "requirements", "timeline", "changes"]
WIDTHS = [360, PHONE, 768, DESKTOP]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browser_context(browser) as opened:
        yield opened


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


async def test_an_operator_searches_filters_opens_and_exports(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    person = customer.person
    page = await console(context, harness)

    await page.get_by_role("link", name="Clientes", exact=True).first.click()
    await expect(page.get_by_text("Total a la fecha:")).to_be_visible()
    await page.get_by_label("Buscar", exact=True).fill(person.email)
    await page.locator(".period-button").first.click()
    await page.get_by_role("button", name="Hoy", exact=True).click()
    await page.get_by_role("button", name="Fijar fecha").click()
    await page.get_by_role("button", name="Buscar", exact=True).click()

    await expect(page.locator("table.people tbody tr")).to_have_count(1)
    assert "created=today" in page.url
    assert person.email not in page.url

    files = {name: await save_export(page, name) for name in ("CSV", "Excel", "PDF")}
    with files["CSV"].open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert row["Correo electrónico"] == person.email
    sheet = load_workbook(io.BytesIO(files["Excel"].read_bytes())).worksheets[0]
    heads, cells = sheet.iter_rows(values_only=True)
    assert dict(zip(heads, cells, strict=True))["Correo electrónico"] == person.email
    pdf = "".join(printed.extract_text() for printed in PdfReader(files["PDF"]).pages)
    assert person.email in pdf.replace("\n", "")

    await page.locator("table.people tbody td").nth(4).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(
        person.given_names.split()[0]
    )
    await page.get_by_role("link", name="Detalles del cliente").click()
    await expect(page.get_by_role("heading", name="Autorizaciones")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_label("Buscar", exact=True)).to_have_value(person.email)


async def test_a_reload_keeps_the_view_of_a_list(
    harness: SystemHarness, context: BrowserContext
) -> None:
    page = await console(context, harness)
    await go(page, harness, "/users/registrations")
    await page.get_by_role("button", name="Identificación").click()
    await expect(page.get_by_role("columnheader", name="Identificación")).to_have_attribute(
        "aria-sort", "ascending"
    )
    await page.get_by_label("Buscar", exact=True).fill("zzzz")
    await page.get_by_role("button", name="Buscar", exact=True).click()
    await expect(page.get_by_text("No hay personas que coincidan")).to_be_visible()

    await page.reload()

    await expect(page.get_by_text("No hay personas que coincidan")).to_be_visible()
    assert "sort=identification" in page.url
    assert "zzzz" not in page.url


async def test_a_reviewer_accepts_a_dossier_by_keyboard_alone(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    page = await console(context, harness)
    await go(page, harness, f"/review/{applicant.person_id}")
    documents = page.locator(".review-list button")
    number = await documents.count()
    assert number >= 4

    for accepted in range(1, number + 1):
        await page.keyboard.press("a")
        await expect(documents.filter(has_text="Aceptado")).to_have_count(accepted)

    await harness.operator.wait_for_status(applicant.person_id, "enabled")


async def test_a_rejection_has_a_reason(harness: SystemHarness, context: BrowserContext) -> None:
    applicant = await harness.completed_applicant()
    page = await console(context, harness)
    await go(page, harness, f"/review/{applicant.person_id}")

    await page.keyboard.press("r")
    await expect(page.get_by_role("button", name="Rechazar el documento")).to_be_disabled()
    await page.keyboard.press("Space")
    await page.get_by_label("Nota (opcional)").fill("Se ve borroso")
    await page.get_by_role("button", name="Rechazar el documento").click()

    await expect(page.locator(".review-list button", has_text="Rechazado")).to_have_count(1)


async def test_a_status_change_survives_a_cut_network_and_is_made_once(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    page = await console(context, harness)
    await go(page, harness, f"/people/{customer.person_id}")
    await page.get_by_role("button", name="Cambiar estado").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Nuevo estado").click()
    await page.get_by_title("Bloqueado").click()
    await dialog.get_by_label("Motivo").click()
    await page.get_by_title("Sospecha de fraude").click()
    await dialog.get_by_label("Nota (opcional)").fill("Llamada recibida")

    await context.set_offline(True)
    await dialog.get_by_role("button", name="Cambiar estado").click()
    await expect(dialog.get_by_text("No hay conexión con el servicio")).to_be_visible()
    await expect(dialog.get_by_label("Nota (opcional)")).to_have_value("Llamada recibida")
    await context.set_offline(False)
    await dialog.get_by_role("button", name="Cambiar estado").click()

    await expect(page.locator(".page-head .status")).to_have_text("Bloqueado")
    await page.get_by_role("link", name="Historia").click()
    await expect(page.get_by_text("Se bloqueó. Motivo: sospecha de fraude")).to_have_count(1)
    await page.get_by_role("link", name="Detalles del cliente").click()
    await expect(page.get_by_role("cell", name="Llamada recibida")).to_have_count(1)


async def test_signing_out_in_one_tab_signs_out_the_other(
    harness: SystemHarness, context: BrowserContext
) -> None:
    first = await console(context, harness)
    second = await context.new_page()
    await go(second, harness, "/customers")

    await first.get_by_role("button", name="Cerrar sesión").click()

    await expect(second.get_by_role("heading", name="Iniciar sesión")).to_be_visible()
    await second.reload()
    await expect(second.get_by_role("heading", name="Iniciar sesión")).to_be_visible()


async def test_an_expired_session_asks_to_sign_in_again(
    harness: SystemHarness, context: BrowserContext
) -> None:
    page = await console(context, harness)
    await context.clear_cookies()
    await page.route(
        "**/query/v1/customers*",
        lambda route: route.fulfill(
            status=401, content_type="application/problem+json", body='{"status": 401}'
        ),
    )

    await page.get_by_role("link", name="Clientes", exact=True).first.click()

    await expect(page.get_by_text("Su sesión terminó.")).to_be_visible()


async def test_what_a_role_may_not_do_is_not_shown(
    harness: SystemHarness, context: BrowserContext
) -> None:
    page = await console(context, harness, "operator")
    await expect(page.get_by_role("link", name="Revisión de documentos").first).to_be_visible()
    await expect(page.get_by_role("link", name="Auditoría")).to_have_count(0)

    await go(page, harness, "/audit")

    await expect(page.get_by_role("heading", name="No existe esta página")).to_be_visible()


async def test_the_language_switches_with_labels_of_the_services(
    harness: SystemHarness, context: BrowserContext
) -> None:
    await harness.wait_for_row("customers", await harness.customer())
    page = await console(context, harness)
    await go(page, harness, "/customers")

    await page.get_by_role("button", name="English").click()

    await expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Personal data acceptance")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("width", WIDTHS)
async def test_pages_are_accessible_fit_the_window_and_violate_no_policy(
    harness: SystemHarness, browser: Browser, width: int
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    profile = f"/people/{customer.person_id}?section="
    paths = [*PAGES, *(profile + section for section in SECTIONS), f"/review/{customer.person_id}"]
    faults: list[str] = []
    async with browser_context(browser, width=width) as context:
        page = await context.new_page()
        await page.goto(f"{harness.system.url}/console/")
        await page.get_by_role("heading", name="Iniciar sesión").wait_for()
        faults += [f"sign-in {each}" for each in await accessibility_findings(page)]
        member = account(harness, "admin")
        await sign_in(page, harness.system.url, email=member.email, password=member.password)
        for path in paths:
            await go(page, harness, path)
            findings = await accessibility_findings(page)
            faults += [f"{path} {each}" for each in (*findings, *await policy_violations(page))]
            if await is_wider_than_window(page):
                faults.append(f"{path} is wider than the window")
            assert await page.locator("style").count() == 0
    assert faults == []
