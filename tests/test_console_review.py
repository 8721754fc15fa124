"""Review of documents in the console, in a browser: by keyboard, with conflicts and outages."""

import re

from playwright.async_api import (
    BrowserContext,
    Locator,
    expect,
)

from vinculo.testing.browser import (
    accessibility_findings,
    policy_violations,
)
from vinculo.testing.waiting import eventually

from .applicant_pages import tab_to
from .console_pages import account, console, go
from .system_harness import SystemHarness


async def test_a_reviewer_works_through_the_queue_by_keyboard_alone(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    member = account(harness, "operator")
    page = await context.new_page()
    await page.goto(f"{harness.system.url}/console/")
    await expect(page.get_by_label("Correo electrónico")).to_be_focused()
    await page.keyboard.type(member.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(member.password)
    await page.keyboard.press("Enter")
    await page.locator("#content h1").wait_for()
    await tab_to(page, "Revisión de documentos")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Empezar a revisar").wait_for()
    await tab_to(page, "Empezar a revisar")
    await page.keyboard.press("Enter")

    async def is_at_the_applicant() -> bool:
        await page.get_by_role("heading", name="Revisión del expediente").wait_for()
        if page.url.endswith(f"/review/{applicant.person_id}"):
            return True
        before = page.url
        await page.keyboard.press("n")
        await page.wait_for_url(lambda url: url != before)
        return False

    await eventually(is_at_the_applicant, timeout=60)
    documents = page.locator(".review-list button")
    number = await documents.count()
    chosen = page.locator(".review-list button[aria-pressed=true]")
    await page.keyboard.press("j")
    await expect(chosen).to_be_focused()
    assert await page.evaluate("document.activeElement.matches(':focus-visible')")
    await page.keyboard.press("k")
    await expect(documents.first).to_be_focused()
    for accepted in range(1, number):
        await page.keyboard.press("a")
        await expect(documents.filter(has_text="Aceptado")).to_have_count(accepted)
        await expect(chosen).to_be_focused()
    await page.keyboard.press("r")
    await page.keyboard.press("Space")
    await tab_to(page, "Nota (opcional)")
    await page.keyboard.type("Se ve borroso")
    await tab_to(page, "Rechazar el documento")
    await page.keyboard.press("Enter")
    await expect(documents.filter(has_text="Rechazado")).to_have_count(1)
    await expect(chosen).to_be_focused()
    await page.keyboard.press("n")

    await page.wait_for_url(lambda url: not url.endswith(str(applicant.person_id)))


async def test_files_are_shown_beside_the_decision_and_in_the_profile(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    await harness.wait_for_row("registrations", applicant)
    page = await console(context, harness)
    await go(page, harness, f"/review/{applicant.person_id}")
    documents = page.locator(".review-list button")
    number = await documents.count()

    for index in range(number):
        await documents.nth(index).click()
        name = await documents.nth(index).locator("strong").inner_text()
        await is_shown(page.get_by_role("img", name=f"{name}, página 1 de"))
    await go(page, harness, f"/people/{applicant.person_id}?section=details")
    await page.get_by_role("button", name="Ver", exact=True).first.click()
    await is_shown(page.get_by_role("dialog").get_by_role("img", name="página 1 de"))
    assert await accessibility_findings(page) == []
    assert await policy_violations(page) == []


async def is_shown(picture: Locator) -> None:
    """Wait until the picture is decoded."""
    await picture.wait_for()
    width: int = await picture.evaluate(
        "async (image) => { await image.decode(); return image.naturalWidth; }"
    )
    assert width > 500


async def test_single_letters_are_switched_off_for_the_member(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    page = await console(context, harness, "admin")
    await go(page, harness, f"/review/{applicant.person_id}")
    switch = page.get_by_role("switch", name="Teclas de una letra")
    chosen = page.locator(".review-list button[aria-pressed=true]")
    first = await chosen.inner_text()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await expect(page.locator("kbd")).to_have_count(0)
    assert await accessibility_findings(page) == []

    await page.reload()
    await expect(switch).not_to_be_checked()
    await page.keyboard.press("j")
    await page.keyboard.press("a")

    assert await chosen.inner_text() == first
    await switch.click()
    await expect(switch).to_be_checked()
    await page.keyboard.press("j")
    await expect(chosen).not_to_have_text(first)
    dossier = await harness.operator.dossier(applicant.person_id)
    assert all(each["state"] != "accepted" for each in dossier["documents"])


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


async def test_a_decision_on_a_dossier_that_changed_shows_what_changed(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    person_id = applicant.person_id
    page = await console(context, harness)
    await go(page, harness, f"/review/{person_id}")
    documents = page.locator(".review-list button")
    await expect(documents.filter(has_text="Aceptado")).to_have_count(0)
    *_, last = await harness.operator.documents_to_review(person_id)
    await harness.operator.accept(person_id, last["document_id"])

    await page.keyboard.press("a")

    changes = page.get_by_role("alert").filter(has_text="su decisión no se guardó")
    await expect(changes.get_by_role("listitem")).to_have_count(1)
    await expect(changes).to_contain_text("Aceptado")
    await expect(documents.filter(has_text="Aceptado")).to_have_count(1)
    await page.keyboard.press("a")
    await expect(documents.filter(has_text="Aceptado")).to_have_count(2)
    await expect(changes).to_have_count(0)


async def test_a_decision_survives_a_service_that_is_down_and_comes_back(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    page = await console(context, harness)
    await go(page, harness, f"/review/{applicant.person_id}")
    await page.get_by_role("img", name="página 1 de").wait_for()
    await page.keyboard.press("r")
    await page.keyboard.press("Space")
    await page.get_by_label("Nota (opcional)").fill("Se ve borroso")

    await harness.system.kill("documents-api")
    try:
        await page.get_by_role("button", name="Rechazar el documento").click()
        await expect(page.get_by_text("El servicio no está disponible")).to_be_visible()
        await expect(page.get_by_text(re.compile(r"Código para soporte: \w{16}"))).to_be_visible()
        await expect(page.get_by_label("Nota (opcional)")).to_have_value("Se ve borroso")
    finally:
        await harness.system.start_process("documents-api")
    await page.get_by_role("button", name="Rechazar el documento").click()

    await expect(page.locator(".review-list button", has_text="Rechazado")).to_have_count(1)
    await page.locator(".review-list button", has_text="Rechazado").click()
    await expect(page.get_by_text("«Se ve borroso»")).to_be_visible()
