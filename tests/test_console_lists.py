"""Lists of the console in a browser: search, filters, columns, views and exports."""

import csv
import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from playwright.async_api import (
    APIResponse,
    Browser,
    BrowserContext,
    Page,
    Route,
    expect,
)
from pypdf import PdfReader

from vinculo.testing.browser import (
    accessibility_findings,
    browser_context,
)
from vinculo.testing.waiting import eventually

from .console_pages import console, go, save_export
from .system_harness import SystemHarness

MANUAL: dict[str, tuple[str, list[str], list[str]]] = {
    "/pre-customers": (
        "en-US",
        [
            "Name",
            "Pre-customer ID",
            "Phone number",
            "Date created",
            "Date modified",
            "ID type",
            "E-mail",
        ],
        ["Filter Search", "Date created", "Date modified"],
    ),
    "/customers": (
        "en-US",
        [
            "Name",
            "Customer ID",
            "Status",
            "Active loans",
            "E-mail",
            "Phone number",
            "National ID",
            "Date created",
            "Date modified",
            "Personal data acceptance",
            "Commercial approval",
        ],
        ["Filter Search", "Active loans", "Date created", "Date modified", "Status"],
    ),
    "/reports/registrations": (
        "es-CO",
        [
            "#",
            "Identificación",
            "Nombre completo",
            "Correo electrónico",
            "Teléfono",
            "Pagaduría",
            "Fecha de registro",
            "Estado",
            "Acción",
        ],
        ["Buscar", "Fecha de registro", "Estado"],
    ),
}
"""Language, columns and filters of each list, as the operators' manuals name them."""


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


async def test_two_days_picked_in_the_calendar_are_the_period_of_a_list(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant)
    page = await console(context, harness)
    await go(page, harness, "/users/registrations")
    await page.get_by_label("Buscar", exact=True).fill(applicant.person.document_number)
    period = page.locator(".period-button")
    await period.click()
    shown = await page.locator(".calendar [aria-current=date]").get_attribute("data-day")
    assert shown is not None
    today = date.fromisoformat(shown)
    tenth = (today.replace(day=1) - timedelta(days=1)).replace(day=10)
    fifth = tenth.replace(day=5)

    await page.get_by_role("button", name="Mes anterior").click()
    await page.locator(f"[data-day='{fifth}']").click()
    await page.locator(f"[data-day='{tenth}']").click()
    await search_for_set_date(page)
    await page.wait_for_url(f"**created_from={fifth}&created_to={tenth}")
    await expect(page.get_by_text("No hay personas que coincidan")).to_be_visible()

    await period.click()
    await page.locator(f"[data-day='{tenth}']").click()
    await page.get_by_role("button", name="Mes siguiente").click()
    await page.locator(f"[data-day='{today}']").click()
    await search_for_set_date(page)
    await page.wait_for_url(f"**created_from={tenth}&created_to={today}")
    await expect(page.locator("table.people tbody tr")).to_have_count(1)


async def search_for_set_date(page: Page) -> None:
    await page.get_by_role("button", name="Fijar fecha").click()
    await page.get_by_role("button", name="Buscar", exact=True).click()


async def test_an_export_that_is_done_before_it_is_looked_at_is_saved(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant)
    page = await console(context, harness)
    await go(page, harness, "/users/registrations")

    async def respond_when_done(route: Route) -> None:
        async def fetch_done() -> APIResponse | None:
            response = await route.fetch()
            return response if (await response.json())["state"] == "done" else None

        await route.fulfill(response=await eventually(fetch_done))

    await page.route("**/query/v1/exports/*", respond_when_done)
    path = await save_export(page, "CSV")

    assert applicant.person.email in path.read_text(encoding="utf-8-sig")


async def test_columns_and_views_are_kept_for_the_member_on_every_device(
    harness: SystemHarness, browser: Browser, context: BrowserContext
) -> None:
    await harness.wait_for_row("customers", await harness.customer(), status="enabled")
    page = await console(context, harness, "admin")
    await go(page, harness, "/customers")
    heads = page.locator("table.people thead th")
    before = await heads.all_inner_texts()
    assert before.index("Nombre") < before.index("Estado")

    await page.get_by_role("button", name="Columnas").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("checkbox", name="Correo electrónico").uncheck()
    for _ in range(2):
        await dialog.get_by_role("button", name="Subir Estado").click()
    assert await accessibility_findings(page) == []
    await dialog.get_by_role("button", name="Guardar", exact=True).click()
    await expect(heads.first).to_have_text("Estado")
    await expect(heads.filter(has_text="Correo electrónico")).to_have_count(0)

    await go(page, harness, "/customers?status=enabled")
    await page.get_by_label("Buscar", exact=True).fill("zzzz")
    await page.get_by_role("button", name="Buscar", exact=True).click()
    await expect(page.get_by_text("No hay personas que coincidan")).to_be_visible()
    await page.get_by_role("button", name="Vistas").click()
    await page.get_by_role("menuitem", name="Guardar o eliminar vistas").click()
    await dialog.get_by_label("Nombre de la vista").fill("Habilitados")
    await dialog.get_by_role("button", name="Guardar la vista").click()
    await dialog.wait_for(state="hidden")

    async with browser_context(browser) as other_device:
        page = await console(other_device, harness, "admin")
        await go(page, harness, "/customers")
        heads = page.locator("table.people thead th")
        await expect(heads.first).to_have_text("Estado")
        await page.get_by_role("button", name="Vistas").click()
        await page.get_by_role("menuitem", name="Habilitados").click()
        await page.wait_for_url("**status=enabled*")
        await expect(page.get_by_label("Buscar", exact=True)).to_have_value("")
        await page.locator("table.people tbody tr").first.wait_for()
        await page.get_by_role("button", name="Vistas").click()
        await page.get_by_role("menuitem", name="Guardar o eliminar vistas").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Eliminar la vista Habilitados").click()
        await expect(dialog.get_by_text("Habilitados")).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Columnas").click()
        await page.get_by_role("button", name="Mostrar todas").click()
        await expect(heads).to_have_text(before)


@pytest.mark.parametrize("path", MANUAL)
async def test_a_list_has_the_columns_and_filters_of_the_manual(
    harness: SystemHarness, browser: Browser, path: str
) -> None:
    locale, heads, filters = MANUAL[path]
    await harness.wait_for_row("customers", await harness.customer(), status="enabled")
    await harness.wait_for_row("pre-customers", await harness.activated_applicant())
    async with browser_context(browser, locale=locale) as context:
        page = await console(context, harness)
        await go(page, harness, path)
        shown = await page.locator("table.people thead th").all_inner_texts()
        labels = await page.locator("form .field-label").all_inner_texts()

        assert [each for each in shown if each in heads] == heads
        assert [each for each in labels if each in filters] == filters


async def test_customers_are_filtered_by_active_loans_and_a_refinanced_loan_is_shown(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer, other = [await harness.customer() for _ in range(2)]
    loan = await harness.credit.open_loan(customer.person_id, principal_cents=2_000_000_00)
    await harness.wait_for_row("customers", customer, active_loans=1)
    await harness.wait_for_row("customers", other, active_loans=0)
    page = await console(context, harness)
    rows = page.locator("table.people tbody tr")
    for person, choice, number in (
        (customer, "Más de 0", 1),
        (customer, "0", 0),
        (other, "Más de 0", 0),
        (other, "0", 1),
    ):
        await go(page, harness, "/customers")
        await page.get_by_label("Buscar", exact=True).fill(person.person.email)
        await page.get_by_label("Créditos activos").click()
        await page.get_by_title(choice, exact=True).click()
        await page.get_by_role("button", name="Buscar", exact=True).click()
        await page.wait_for_url("**active_loans=*")
        await expect(page.get_by_text("No hay personas que coincidan")).to_have_count(1 - number)
        await expect(rows).to_have_count(number)

    await go(page, harness, f"/people/{customer.person_id}")
    refinanced = page.get_by_role("heading", name="Créditos refinanciados")
    await expect(page.get_by_role("heading", name="Créditos vigentes")).to_be_visible()
    await expect(refinanced).to_have_count(0)
    await harness.credit.refinance(loan, principal_cents=3_000_000_00)

    async def is_shown() -> bool:
        await go(page, harness, f"/people/{customer.person_id}")
        return await refinanced.count() == 1

    await eventually(is_shown, timeout=60)


async def test_a_reload_keeps_the_view_of_a_list(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant)
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


async def test_a_list_says_that_its_service_is_down_and_shows_the_rows_when_it_is_back(
    harness: SystemHarness, context: BrowserContext
) -> None:
    await harness.wait_for_row("customers", await harness.customer())
    page = await console(context, harness)

    await harness.system.kill("query-api")
    try:
        await page.get_by_role("link", name="Clientes", exact=True).first.click()
        await expect(page.get_by_text("El servicio no está disponible").first).to_be_visible()
    finally:
        await harness.system.start_process("query-api")
    await page.get_by_role("button", name="Intentar de nuevo").first.click()

    await page.locator("table.people tbody tr").first.wait_for()
