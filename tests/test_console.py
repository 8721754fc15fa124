"""Members of staff at work in the console, in a browser: people, sessions, roles, languages."""

from datetime import date

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    expect,
)

from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    policy_violations,
    sign_in,
)
from vinculo.testing.waiting import eventually

from .console_pages import account, console, go
from .system_harness import SystemHarness

PAGES = [
    *("/", "/pre-customers", "/customers?status=enabled", "/users/registrations", "/review"),
    *("/reports/registrations", "/reports/funnel", "/reports/daily", "/reports/exports"),
    *("/payers", "/corrections", "/claims", "/staff", "/account", "/audit", "/nowhere"),
]
SECTIONS = ["credit", "details", "requirements", "timeline", "messages", "changes"]
WIDTHS = [360, PHONE, 768, DESKTOP]


async def test_an_operator_has_a_message_sent_again(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant)
    page = await console(context, harness)
    await go(page, harness, f"/people/{applicant.person_id}?section=messages")
    welcome = page.locator("tr", has_text="bienvenida")

    async def is_sent() -> bool:
        await page.reload()
        await page.locator("table.data tbody tr").first.wait_for()
        return await welcome.filter(has_text="Enviado").count() == 1

    await eventually(is_sent, timeout=60)
    mails = len(await harness.mailbox.mails_to(applicant.person.email))
    await welcome.get_by_role("button", name="Reenviar").click()
    await expect(page.get_by_text("El mensaje se enviará de nuevo")).to_be_visible()
    await expect(welcome.filter(has_text="reenvío")).to_have_count(1)

    async def is_sent_again() -> bool:
        return len(await harness.mailbox.mails_to(applicant.person.email)) == mails + 1

    await eventually(is_sent_again, timeout=60)


async def test_the_profile_shows_limits_and_every_stage_of_an_application(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer)
    credit = harness.credit
    received = await credit.receive_application(customer.person_id, requested_cents=500_000_00)
    await credit.move_application(received, "study")
    await credit.assign_limit(
        customer.person_id, limit_cents=8_000_000_00, valid_until=date(2030, 12, 31)
    )
    page = await console(context, harness)

    async def is_shown() -> bool:
        await go(page, harness, f"/people/{customer.person_id}")
        stages = page.get_by_role("region", name="Etapas de las solicitudes")
        limits = page.get_by_role("region", name="Cupos de crédito")
        return await stages.count() + await limits.count() == 2

    await eventually(is_shown, timeout=60)
    stages = page.get_by_role("region", name="Etapas de las solicitudes").locator("tbody tr")
    await expect(stages).to_have_count(2)
    await expect(stages.first).to_contain_text("Radicación")
    await expect(stages.last).to_contain_text("Estudio")
    await expect(stages.last).not_to_contain_text("—")
    limit = page.get_by_role("region", name="Cupos de crédito").locator("tbody tr")
    await expect(limit).to_contain_text("8.000.000")
    await expect(limit).to_contain_text("2030")


async def test_a_dispute_about_a_document_is_found_and_dismissed(
    harness: SystemHarness, context: BrowserContext
) -> None:
    owner = await harness.activated_applicant()
    stranger = harness.applicant(
        document_type=owner.person.document_type, document_number=owner.person.document_number
    )
    await stranger.register()
    page = await console(context, harness)

    async def is_disputed() -> bool:
        disputed = await harness.operator.rows(
            "pre-customers", q=owner.person.phone, concern="disputed"
        )
        return len(disputed["items"]) == 1

    await eventually(is_disputed, timeout=60)
    await go(page, harness, "/pre-customers?concern=disputed")
    await page.get_by_label("Buscar", exact=True).fill(owner.person.phone)
    await page.get_by_role("button", name="Buscar", exact=True).click()
    await page.get_by_role("link", name=owner.person.name).first.click()
    await page.get_by_role("link", name="Detalles del cliente").click()
    await expect(page.get_by_text("Otra persona registró este documento")).to_be_visible()
    await page.get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Descartar la disputa").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Motivo").click()
    await page.get_by_title("se confirmó al titular de la cuenta").click()
    await dialog.get_by_role("button", name="Descartar", exact=True).click()

    await expect(page.get_by_text("La disputa quedó descartada")).to_be_visible()

    async def is_dismissed() -> bool:
        return not await is_disputed()

    await eventually(is_dismissed, timeout=60)


async def test_an_idle_console_is_locked_in_all_tabs_and_unlocked_by_the_password(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer)
    member = account(harness, "operator")
    page = await context.new_page()
    await page.clock.install()
    await sign_in(page, harness.system.url, email=member.email, password=member.password)
    await go(page, harness, f"/people/{customer.person_id}?section=details")
    other = await context.new_page()
    await go(other, harness, "/customers")
    idle = page.get_by_role("heading", name="Consola bloqueada")
    other_idle = other.get_by_role("heading", name="Consola bloqueada")

    await page.clock.fast_forward("14:00")
    await expect(page.get_by_role("heading", name="Autorizaciones")).to_be_visible()
    await page.clock.fast_forward("02:00")
    for locked, tab in ((idle, page), (other_idle, other)):
        await expect(locked).to_be_visible()
        assert customer.person.email not in await tab.content()
    await page.get_by_label("Contraseña").fill("wrong")
    await page.get_by_role("button", name="Desbloquear").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await accessibility_findings(page) == []
    await other.reload()
    await expect(other.get_by_role("heading", name="Iniciar sesión")).to_be_visible()

    await page.get_by_label("Contraseña").fill(member.password)
    await page.get_by_role("button", name="Desbloquear").click()

    await expect(page.get_by_role("heading", name="Autorizaciones")).to_be_visible()
    await other.locator("#content h1").wait_for()


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


async def test_every_entry_of_the_menu_can_be_pressed_on_a_phone(
    harness: SystemHarness, browser: Browser
) -> None:
    async with browser_context(browser, width=PHONE) as context:
        page = await console(context, harness, "admin")
        await page.get_by_role("button", name="Abrir el menú").click()
        menu = page.get_by_role("dialog", name="Menú")
        await menu.get_by_role("link", name="Auditoría").wait_for()
        entries = [*await menu.get_by_role("link").all(), *await menu.get_by_role("button").all()]
        for entry in entries:
            await entry.click(trial=True)
        await menu.get_by_role("link", name="Auditoría").click()
        await expect(page.get_by_role("heading", name="Auditoría", level=1)).to_be_visible()
