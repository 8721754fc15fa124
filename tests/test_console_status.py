"""Status changes and erasures by members of staff in the console, in a browser."""

from playwright.async_api import Browser, BrowserContext, Page, expect

from vinculo.testing.browser import browser_context

from .applicant_pages import open_at
from .applicant_pages import sign_in as sign_in_as_applicant
from .console_pages import console, go
from .system_harness import SystemHarness


async def test_a_customer_is_blocked_by_an_operator_and_unblocked_by_an_administrator(
    harness: SystemHarness, browser: Browser, context: BrowserContext, other_device: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    own_page = await open_at(other_device, harness, "/sign-in")
    await sign_in_as_applicant(own_page, customer.person)
    await expect(own_page.get_by_role("heading", level=1)).to_contain_text("Hola")

    page = await console(context, harness)
    await go(page, harness, f"/people/{customer.person_id}")
    await change_status(page, "Bloqueado", "Sospecha de fraude")
    await expect(page.locator(".page-head .status")).to_have_text("Bloqueado")

    await page.get_by_role("button", name="Cambiar estado").click()
    await expect(page.get_by_text("Su rol no puede cambiar este estado.")).to_be_visible()

    await own_page.reload()
    await sign_in_as_applicant(own_page, customer.person)
    await expect(own_page.get_by_role("alert")).to_be_visible()

    async with browser_context(browser) as third_device:
        page = await console(third_device, harness, "admin")
        await go(page, harness, f"/people/{customer.person_id}")
        await change_status(page, "Pendiente", "Investigación cerrada")
        await expect(page.locator(".page-head .status")).not_to_have_text("Bloqueado")
    await sign_in_as_applicant(own_page, customer.person)
    await expect(own_page.get_by_role("heading", level=1)).to_contain_text("Hola")


async def test_a_record_is_deleted_with_a_reason_and_is_gone_from_the_lists(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant)
    page = await console(context, harness, "admin")
    await go(page, harness, "/users/registrations")
    await page.get_by_label("Buscar", exact=True).fill(applicant.person.document_number)
    await page.get_by_role("button", name="Buscar", exact=True).click()
    rows = page.locator("table.people tbody tr")
    await expect(rows).to_have_count(1)
    await rows.locator("td").nth(2).click()
    await page.get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Eliminar registro").click()
    dialog = page.get_by_role("dialog")
    delete = dialog.get_by_role("button", name="Eliminar", exact=True)
    await dialog.get_by_label("Motivo").click()
    await page.get_by_title("duplicado").click()
    await expect(delete).to_be_disabled()
    await dialog.get_by_label("Entiendo que no se puede deshacer").check()
    await delete.click()
    await page.wait_for_url(lambda url: url.endswith("/pre-customers"))

    await page.goto(f"{harness.system.url}/console/people/{applicant.person_id}")
    await expect(page.get_by_text("Los datos de esta persona se eliminaron")).to_be_visible()
    await go(page, harness, "/users/registrations")
    await page.get_by_label("Buscar", exact=True).fill(applicant.person.document_number)
    await page.get_by_role("button", name="Buscar", exact=True).click()
    await expect(page.get_by_text("No hay personas que coincidan")).to_be_visible()


async def test_a_customer_gets_and_loses_the_role_of_an_internal_user(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    page = await console(context, harness, "admin")
    for role, reason, before in (
        ("Operación", "Ingresó al personal", "ninguno"),
        ("Quitar el rol", "Dejó el personal", "Operación"),
    ):
        await go(page, harness, f"/people/{customer.person_id}")
        await page.get_by_role("button", name="Más acciones").click()
        await page.get_by_role("menuitem", name="Asignar usuario del sistema").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text(f"Rol actual: {before}")).to_be_visible()
        await dialog.get_by_label("Nuevo rol").click()
        await page.get_by_title(role, exact=True).click()
        await dialog.get_by_label("Motivo").click()
        await page.get_by_title(reason).click()
        await dialog.get_by_role("button", name="Guardar").click()
        await expect(page.get_by_text("El rol cambió.")).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Asignar usuario del sistema").click()
    await expect(page.get_by_role("dialog").get_by_text("Rol actual: ninguno")).to_be_visible()


async def change_status(page: Page, status: str, reason: str) -> None:
    await page.get_by_role("button", name="Cambiar estado").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Nuevo estado").click()
    await page.get_by_title(status, exact=True).click()
    await dialog.get_by_label("Motivo").click()
    await page.get_by_title(reason).click()
    await dialog.get_by_role("button", name="Cambiar estado").click()
    await expect(dialog).to_be_hidden()
