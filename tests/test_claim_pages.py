"""A claim in a browser: opened from the refused link, decided in the console."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from vinculo.simulation.document_files import card_front
from vinculo.simulation.staff import demo_staff
from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    open_page,
    policy_violations,
    sign_in,
)

from .system_harness import SystemHarness
from .test_document_claims import stranger_and_owner

ROLE = "operator"


async def require_sound(page: Page, width: int) -> None:
    assert not await is_wider_than_window(page), f"{page.url} is wider than {width} pixels"
    assert await accessibility_findings(page) == []
    assert await policy_violations(page) == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_a_claim_is_opened_and_granted_in_the_browser(
    harness: SystemHarness, browser: Browser, tmp_path: Path, width: int
) -> None:
    _, owner = await stranger_and_owner(harness)
    link = await harness.mailbox.wait_for_link(owner.person.email)
    async with browser_context(browser, width=width) as context:
        page = await context.new_page()
        await page.goto(f"{harness.system.url}/activate#{link.link_id}.{link.token}")
        await page.get_by_label("Contraseña", exact=True).fill(owner.person.password)
        await page.get_by_role("button", name="Activar mi cuenta").click()
        await page.get_by_role("button", name="Reclamar este documento").click()
        await page.get_by_label("¿Por qué el documento es suyo?").fill("Me lo expidieron en Tunja")
        await require_sound(page, width)
        await page.get_by_role("button", name="Enviar el reclamo").click()
        await expect(page.get_by_text("Recibimos su reclamo")).to_be_visible()
        photo, broken = tmp_path / "photo.jpg", tmp_path / "broken.pdf"
        photo.write_bytes(card_front(owner.person))
        broken.write_bytes(b"no PDF")
        chooser = page.locator("input[type=file]:not([capture])")
        await chooser.set_input_files(broken)
        await expect(page.get_by_text("No podemos usar el archivo")).to_be_visible()
        await chooser.set_input_files(photo)
        await expect(page.get_by_text("Archivo recibido")).to_be_visible()
        await require_sound(page, width)

    claims = await harness.operator.call("GET", "/onboarding/v1/document-claims?state=open")
    newest = claims.body["items"][-1]
    member = next(each for each in demo_staff(harness.system.environment) if each.role == ROLE)
    async with browser_context(browser, width=width) as context:
        page = await context.new_page()
        await sign_in(page, harness.system.url, email=member.email, password=member.password)
        await open_page(page, f"{harness.system.url}/console/claims")
        row = page.get_by_role("row").filter(has_text=owner.person.given_names)
        await expect(row).to_have_count(1)
        await require_sound(page, width)
        await row.get_by_role("link", name=owner.person.given_names).click()
        await expect(page.get_by_text("Me lo expidieron en Tunja")).to_be_visible()
        await expect(page.get_by_text(owner.person.email)).to_be_visible()
        assert newest["claim_id"] in page.url
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="Descargar", exact=True).click()
        assert (await (await saved.value).path()).read_bytes().startswith(b"\xff\xd8")
        await require_sound(page, width)
        await page.get_by_role("button", name="Conceder").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("combobox").click()
        await page.get_by_title("se comprobó la identidad").click()
        await dialog.get_by_role("button", name="Conceder").click()
        await expect(page.get_by_text("Concedido")).to_be_visible()
        await expect(page.get_by_role("button", name="Conceder")).to_have_count(0)
        await require_sound(page, width)


async def test_a_claim_decided_meanwhile_is_shown_as_a_conflict(
    harness: SystemHarness, browser: Browser
) -> None:
    _, owner = await stranger_and_owner(harness)
    link = await harness.mailbox.wait_for_link(owner.person.email)
    opened = await harness.gateway.call(
        "POST",
        "/onboarding/v1/document-claims",
        json={"link_id": str(link.link_id), "token": link.token},
    )
    claim_id = opened.body["claim_id"]
    member = next(each for each in demo_staff(harness.system.environment) if each.role == ROLE)
    async with browser_context(browser, width=DESKTOP) as context:
        page = await context.new_page()
        await sign_in(page, harness.system.url, email=member.email, password=member.password)
        await open_page(page, f"{harness.system.url}/console/claims/{claim_id}")
        await page.get_by_role("button", name="Negar").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("combobox").click()
        await page.get_by_title("las pruebas no son suficientes").click()
        await harness.admin.call(
            "POST",
            f"/onboarding/v1/document-claims/{claim_id}/decision",
            json={"decision": "refuse", "reason": "other"},
            headers={"If-Match": 'W/"1"'},
        )
        await dialog.get_by_role("button", name="Negar").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("Negado")
        await expect(dialog.get_by_role("button", name="Negar")).to_be_disabled()
