"""One person on their whole way, by pages alone: registered, reviewed, found, opened, exported."""

from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from vinculo.testing.waiting import eventually

from .applicant_pages import activate, declare_employment, open_at, register, send_documents
from .console_pages import console, save_export
from .system_harness import SystemHarness


async def test_a_person_registers_at_a_desktop_is_promoted_by_a_reviewer_and_exported(
    harness: SystemHarness, context: BrowserContext, other_device: BrowserContext, tmp_path: Path
) -> None:
    person = harness.applicant(channel="web").person
    own_page = await open_at(other_device, harness, "/")
    await own_page.get_by_role("link", name="Empezar el registro").click()
    await register(own_page, person)
    await activate(own_page, harness, person)
    await declare_employment(own_page, person)
    await own_page.get_by_role("link", name="Seguir con el paso 4").click()
    await send_documents(own_page, person, tmp_path)
    await own_page.get_by_role("link", name="Seguir", exact=True).click()
    await own_page.get_by_role("button", name="Terminar el registro").click()
    await expect(own_page.get_by_text("Registro exitoso.")).to_be_visible()

    page = await console(context, harness)
    await search(page, "Preclientes", person.phone)
    await page.get_by_role("link", name=person.name).first.click()
    await page.get_by_role("link", name="Detalles del cliente").click()
    await page.get_by_role("link", name="Revisar los documentos").click()
    documents = page.locator(".review-list button")
    await documents.first.wait_for()
    for accepted in range(1, await documents.count() + 1):
        await page.get_by_role("button", name="Aceptar").click()
        await expect(documents.filter(has_text="Aceptado")).to_have_count(accepted)

    await search(page, "Clientes", person.email)
    row = page.locator("table.people tbody tr")
    await expect(row).to_contain_text("Activo")
    exported = await save_export(page, "CSV")
    assert person.email in exported.read_text(encoding="utf-8-sig")
    await row.get_by_role("link", name=person.name, exact=True).click()
    await expect(page.locator(".page-head .status")).to_have_text("Activo")

    async def may_apply() -> bool:
        await own_page.goto(f"{harness.system.url}/application")
        await own_page.get_by_role("heading", level=1).wait_for()
        await own_page.wait_for_load_state("networkidle")
        return await own_page.get_by_role("link", name="Solicitar mi crédito").count() == 1

    await eventually(may_apply, timeout=60)


async def search(page: Page, list_name: str, text: str) -> None:
    """Search in a list of the console until the read model has the person there."""
    await page.get_by_role("link", name=list_name, exact=True).first.click()
    await page.get_by_label("Buscar", exact=True).fill(text)

    async def is_found() -> bool:
        await page.get_by_role("button", name="Buscar", exact=True).click()
        await page.wait_for_load_state("networkidle")
        return await page.locator("table.people tbody tr").count() == 1

    await eventually(is_found, timeout=60)
