"""Staff administration in a browser: invitation by mail, roles, the end, and passwords."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    policy_violations,
    sign_in,
)

from .console_pages import console, go
from .cut_network import Form, send_through_cuts
from .system_harness import SystemHarness

FIRST_PASSWORD = "tres cometas verdes sobre el páramo"
SECOND_PASSWORD = "doce barcas detrás de la niebla"
THIRD_PASSWORD = "nueve faroles junto al muelle"
SUBJECTS = {"invitation": "invitaron", "reset-password": "contraseña nueva"}


def new_address() -> str:
    return f"revisora-{uuid4().hex[:8]}@staff.example"


async def mailed_link(harness: SystemHarness, address: str, page: str) -> str:
    """The link to a page of the console in the newest mail to the address."""
    mail = await harness.mailbox.wait_for(address, subject_contains=SUBJECTS[page])
    found = re.search(rf"{re.escape(harness.system.url)}/console/{page}#\S+", mail.text)
    assert found is not None, mail.text
    return found[0]


def row_of(page: Page, address: str) -> Locator:
    return page.locator("table.data tbody tr", has_text=address)


async def choose(dialog: Locator, label: str, option: str) -> None:
    await dialog.get_by_label(label).click()
    await dialog.page.get_by_title(option, exact=True).click()


async def invite(page: Page, harness: SystemHarness, address: str) -> None:
    await go(page, harness, "/staff")
    await page.get_by_role("button", name="Invitar a alguien").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Correo electrónico").fill(address)
    await choose(dialog, "Rol", "Revisión")
    await dialog.get_by_role("button", name="Enviar la invitación").click()
    await expect(row_of(page, address)).to_contain_text("Invitado")


async def accept(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_label("Contraseña nueva").fill(FIRST_PASSWORD)
    await page.get_by_role("button", name="Guardar y entrar").click()
    await page.locator("#content h1").wait_for()


async def faults_of(page: Page) -> list[str]:
    faults = [*await accessibility_findings(page), *await policy_violations(page)]
    if await is_wider_than_window(page):
        faults.append("wider than the window")
    return [f"{page.url} {fault}" for fault in faults]


async def test_a_reviewer_is_invited_works_gets_another_role_and_is_ended(
    harness: SystemHarness, browser: Browser, context: BrowserContext
) -> None:
    admin, address = await console(context, harness, "admin"), new_address()
    await invite(admin, harness, address)
    async with browser_context(browser) as others:
        reviewer = await others.new_page()

        await accept(reviewer, await mailed_link(harness, address, "invitation"))

        assert "#" not in reviewer.url
        await expect(reviewer.get_by_role("link", name="Revisión de documentos")).to_be_visible()
        await expect(reviewer.get_by_role("link", name="Equipo", exact=True)).to_have_count(0)
        await go(reviewer, harness, "/staff")
        await expect(reviewer.get_by_role("heading", name="No existe esta página")).to_be_visible()
        await admin.reload()
        await expect(row_of(admin, address)).to_contain_text("Activo")

        await admin.get_by_role("button", name=f"Cambiar rol: {address}").click()
        dialog = admin.get_by_role("dialog")
        await choose(dialog, "Rol", "Operación")
        await dialog.get_by_role("button", name="Cambiar el rol").click()
        await expect(row_of(admin, address)).to_contain_text("Operación")
        await reviewer.get_by_role("link", name="Inicio", exact=True).click()
        await expect(reviewer.get_by_text("Su sesión terminó.")).to_be_visible()
        await sign_in(reviewer, harness.system.url, email=address, password=FIRST_PASSWORD)
        await reviewer.get_by_role("link", name="Pagadurías", exact=True).click()
        await expect(reviewer.get_by_role("heading", name="Pagadurías", level=1)).to_be_visible()

        await admin.get_by_role("button", name=f"Terminar: {address}").click()
        await admin.get_by_role("button", name="Terminar la cuenta").click()
        await expect(row_of(admin, address)).to_contain_text("Terminado")
        await reviewer.get_by_role("link", name="Preclientes", exact=True).click()
        await expect(reviewer.get_by_text("Su sesión terminó.")).to_be_visible()
        await reviewer.get_by_label("Correo electrónico").fill(address)
        await reviewer.get_by_label("Contraseña", exact=True).fill(FIRST_PASSWORD)
        await reviewer.keyboard.press("Enter")
        await expect(reviewer.get_by_text("Los datos no corresponden a")).to_be_visible()


async def test_an_invitation_is_sent_again_and_withdrawn(
    harness: SystemHarness, browser: Browser, context: BrowserContext
) -> None:
    admin, address = await console(context, harness, "admin"), new_address()
    await invite(admin, harness, address)
    first = await mailed_link(harness, address, "invitation")

    dialog = admin.get_by_role("dialog")
    await admin.get_by_role("button", name=f"Reenviar: {address}").click()
    await send_through_cuts(Form(at=dialog, button="Enviar la invitación"))
    await expect(admin.get_by_text("se enviará de nuevo")).to_be_visible()
    second = await mailed_link_after(harness, address, first)
    await admin.get_by_role("button", name=f"Retirar: {address}").click()
    await send_through_cuts(Form(at=dialog, button="Retirar la invitación"))
    await expect(row_of(admin, address)).to_have_count(0)

    async with browser_context(browser) as others:
        page = await others.new_page()
        for link in (first, second):
            await page.goto("about:blank")
            await page.goto(link)
            await page.get_by_label("Contraseña nueva").fill(FIRST_PASSWORD)
            await page.get_by_role("button", name="Guardar y entrar").click()
            await expect(page.get_by_text("Este enlace ya no sirve")).to_be_visible()


async def mailed_link_after(harness: SystemHarness, address: str, first: str) -> str:
    mail = await harness.mailbox.wait_for(address, skip=1, subject_contains="invitaron")
    found = re.search(rf"{re.escape(harness.system.url)}/console/invitation#\S+", mail.text)
    assert found is not None
    assert found[0] != first
    return found[0]


async def test_a_member_replaces_a_forgotten_and_then_the_current_password(
    harness: SystemHarness, browser: Browser, context: BrowserContext
) -> None:
    admin, address = await console(context, harness, "admin"), new_address()
    await invite(admin, harness, address)
    async with browser_context(browser) as others:
        page = await others.new_page()
        await accept(page, await mailed_link(harness, address, "invitation"))
        await page.get_by_role("button", name="Cerrar sesión").click()

        await page.get_by_role("link", name="Olvidé mi contraseña").click()
        await page.get_by_label("Correo electrónico").fill(address)
        await page.get_by_role("button", name="Enviar el enlace").click()
        await expect(page.get_by_text("Si ese correo tiene una cuenta")).to_be_visible()
        await page.goto(await mailed_link(harness, address, "reset-password"))
        await page.get_by_label("Contraseña nueva").fill("corta")
        await page.get_by_role("button", name="Guardar contraseña").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Contraseña nueva").fill(SECOND_PASSWORD)
        await page.get_by_role("button", name="Guardar contraseña").click()
        await expect(page.get_by_text("Su contraseña quedó guardada.")).to_be_visible()
        await sign_in(page, harness.system.url, email=address, password=SECOND_PASSWORD)

        await page.get_by_role("link", name=address).click()
        await page.get_by_label("Contraseña actual").fill(SECOND_PASSWORD)
        await page.get_by_label("Contraseña nueva").fill(THIRD_PASSWORD)
        await page.get_by_role("button", name="Cambiar la contraseña").click()
        await expect(page.get_by_text("Su contraseña cambió.")).to_be_visible()
        await page.get_by_role("button", name="Cerrar sesión").click()
        await sign_in(page, harness.system.url, email=address, password=THIRD_PASSWORD)
    changed = await harness.mailbox.wait_for(address, subject_contains="cambió")
    assert f"{harness.system.url}/console/account" in changed.text


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_pages_without_a_session_are_accessible_and_fit_the_window(
    harness: SystemHarness, browser: Browser, width: int
) -> None:
    paths = ("forgotten-password", "invitation", "invitation#a.b", "reset-password#a.b")
    faults: list[str] = []
    async with browser_context(browser, width=width) as context:
        for path in paths:
            page = await context.new_page()
            await page.goto(f"{harness.system.url}/console/{path}")
            await page.get_by_role("heading", level=1).wait_for()
            faults += await faults_of(page)
    assert faults == []
