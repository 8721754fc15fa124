"""A person's registration in a real browser against the running system, and what goes wrong."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import required_files
from vinculo.simulation.people import Person
from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    policy_violations,
    running_browser,
)

from .system_harness import SystemHarness

SMALL_PHONE = 360
WIDTHS = [SMALL_PHONE, PHONE, 768, DESKTOP]
OPEN_PAGES = [
    *("/", "/registration", "/registration/mail", "/sign-in", "/sign-in/forgotten"),
    *("/activate", "/reset-password", "/confirm-contact", "/application/nowhere"),
    *("/activate#a.b", "/reset-password#a.b", "/confirm-contact#a.b"),
]
OWN_PAGES = ["/application", "/application/employment", "/application/documents", "/account"]
REGISTERED = "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browser_context(browser, width=SMALL_PHONE) as opened:
        yield opened


@pytest_asyncio.fixture
async def other_device(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browser_context(browser, width=DESKTOP) as opened:
        yield opened


async def open_at(context: BrowserContext, harness: SystemHarness, path: str) -> Page:
    page = await context.new_page()
    await page.goto(f"{harness.system.url}{path}")
    await page.locator("h1").wait_for()
    return page


async def fill_personal_data(page: Page, person: Person) -> None:
    await page.get_by_label("Tipo de documento").select_option(f"CO:{person.document_type}")
    await page.get_by_label("Número de documento").fill(person.document_number)
    await page.get_by_label("Nombres").fill(person.given_names)
    if person.surnames:
        await page.get_by_label("Apellidos", exact=True).fill(person.surnames)
    else:
        await page.get_by_label("Tengo un solo nombre").check()
    await page.get_by_label("Fecha de nacimiento").fill(person.birth_date.strftime("%d/%m/%Y"))
    await page.get_by_label("Correo electrónico").fill(person.email)
    await page.get_by_label("Celular").fill(person.phone)
    await page.get_by_label("Contraseña", exact=True).fill(person.password)
    await page.get_by_label("Autorizo el tratamiento").check()


async def register(page: Page, person: Person) -> None:
    await fill_personal_data(page, person)
    await page.get_by_role("button", name="Registrarme").click()
    await expect(page.get_by_role("heading", name="Revise su correo")).to_be_visible()


async def activate(page: Page, harness: SystemHarness, person: Person) -> None:
    link = await harness.mailbox.wait_for_link(person.email)
    await page.goto(f"{harness.system.url}/activate#{link.link_id}.{link.token}")
    await page.get_by_label("Contraseña", exact=True).fill(person.password)
    assert "#" not in page.url
    await page.get_by_role("button", name="Activar mi cuenta").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Hola")


async def sign_in(page: Page, person: Person) -> None:
    await page.get_by_label("Número de documento o NIT").fill(person.document_number)
    await page.get_by_label("Contraseña", exact=True).fill(person.password)
    await page.get_by_role("button", name="Iniciar sesión").click()


async def declare_employment(page: Page, person: Person) -> None:
    work = person.employment
    await page.get_by_role("link", name="Seguir con el paso 3").click()
    payer = page.get_by_role("combobox", name="Empresa o pagaduría")
    await payer.press_sequentially(work.payer.name[:12])
    await page.get_by_role("option", name=work.payer.name).click()
    await page.get_by_label("Cargo").fill(work.position)
    await page.get_by_label("Tipo de contrato").select_option(work.contract_type)
    await page.get_by_label("Salario neto mensual").fill("3.100.000")
    await page.get_by_role("button", name="Agregar un descuento").click()
    await page.get_by_label("Concepto").fill("Libranza cooperativa")
    await page.get_by_label("Valor mensual").fill("$ 200,000")
    await page.get_by_label("Nombre u oficina").fill(work.contact_name)
    await page.get_by_label("Teléfono").fill(work.contact_phone)
    await page.get_by_role("button", name="Guardar y seguir").click()
    await expect(page.get_by_text("Capacidad de descuento estimada")).to_be_visible()


async def choose_file(page: Page, requirement: str, path: Path) -> None:
    card = page.get_by_role("region", name=requirement)
    await card.locator("input[type=file]:not([capture])").set_input_files(path)


def files_of(person: Person, folder: Path) -> dict[str, Path]:
    """The files of the required kinds, by kind."""
    paths = {}
    for file in required_files(person, datetime.now(UTC).date()):
        paths[file.kind] = folder / file.name
        paths[file.kind].write_bytes(file.content)
    return paths


async def send_documents(page: Page, person: Person, folder: Path) -> None:
    for path in files_of(person, folder).values():
        missing = page.locator(".requirement-missing")
        left = await missing.count()
        await missing.first.locator("input[type=file]:not([capture])").set_input_files(path)
        await expect(missing).to_have_count(left - 1)


async def test_a_person_registers_on_a_small_phone_and_goes_on_elsewhere(
    harness: SystemHarness,
    phone: BrowserContext,
    other_device: BrowserContext,
    tmp_path: Path,
) -> None:
    person = harness.applicant(channel="web").person
    page = await open_at(phone, harness, "/")
    await page.get_by_role("link", name="Empezar el registro").click()
    await register(page, person)
    await activate(page, harness, person)
    await declare_employment(page, person)
    assert await policy_violations(page) == []

    page = await open_at(other_device, harness, "/application/documents")
    await sign_in(page, person)
    await expect(page.get_by_role("heading", name="Sus documentos")).to_be_visible()
    await send_documents(page, person, tmp_path)
    await page.get_by_role("link", name="Seguir", exact=True).click()
    await page.get_by_role("button", name="Terminar el registro").click()

    await expect(page.get_by_text(REGISTERED)).to_be_visible()
    assert await policy_violations(page) == []


async def test_a_cut_network_loses_nothing_that_was_typed(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = harness.applicant(channel="web").person
    page = await open_at(phone, harness, "/registration")
    await fill_personal_data(page, person)

    await phone.set_offline(True)
    await page.get_by_role("button", name="Registrarme").click()
    await expect(page.get_by_text("No hay conexión con el servicio")).to_be_visible()
    await expect(page.get_by_label("Nombres")).to_have_value(person.given_names)
    await expect(page.get_by_label("Contraseña", exact=True)).to_have_value(person.password)
    await phone.set_offline(False)
    await page.get_by_role("button", name="Registrarme").click()

    await expect(page.get_by_role("heading", name="Revise su correo")).to_be_visible()
    await harness.mailbox.wait_for_link(person.email)


async def test_the_language_switches_in_the_middle_of_the_form(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    page = await open_at(phone, harness, "/registration")
    await page.get_by_label("Celular").fill("12")
    await page.get_by_label("Celular").blur()
    spanish = page.locator(".field-error:not(:empty)")
    await expect(spanish).to_have_count(1)
    message = await spanish.inner_text()

    await page.get_by_role("button", name="English").click()

    await expect(page.get_by_role("heading", name="Your personal data")).to_be_visible()
    await expect(page.get_by_label("Mobile phone")).to_have_value("12")
    await expect(page.locator(".field-error:not(:empty)")).not_to_have_text(message)
    assert await page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("width", WIDTHS)
async def test_public_pages_are_accessible(
    harness: SystemHarness, browser: Browser, width: int
) -> None:
    async with browser_context(browser, width=width) as context:
        for path in OPEN_PAGES:
            page = await open_at(context, harness, path)
            await page.wait_for_load_state("networkidle")
            assert await accessibility_findings(page) == [], path
            assert await policy_violations(page) == [], path
            assert not await is_wider_than_window(page), path
            await page.close()


@pytest.mark.parametrize("width", [SMALL_PHONE, DESKTOP])
async def test_own_pages_are_accessible(
    harness: SystemHarness, browser: Browser, width: int
) -> None:
    applicant: ApplicantClient = await harness.activated_applicant()
    async with browser_context(browser, width=width) as context:
        page = await open_at(context, harness, "/sign-in")
        await sign_in(page, applicant.person)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Hola")
        for path in OWN_PAGES:
            await page.goto(f"{harness.system.url}{path}")
            await page.wait_for_load_state("networkidle")
            await page.locator("h1").wait_for()
            assert await accessibility_findings(page) == [], path
            assert await policy_violations(page) == [], path
            assert not await is_wider_than_window(page), path
