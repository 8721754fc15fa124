"""A person's registration in a real browser against the running system, and what goes wrong."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, BrowserContext, FileChooser, Page, Route, expect

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.inboxes import SmsInbox
from vinculo.testing.browser import (
    DESKTOP,
    PHONE,
    accessibility_findings,
    browser_context,
    is_wider_than_window,
    policy_violations,
)

from .applicant_pages import (
    activate,
    choose_file,
    declare_employment,
    files_of,
    fill_personal_data,
    link_in,
    open_at,
    register,
    send_documents,
    sign_in,
    tab_to,
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
NEW_PASSWORD = "una frase larga y bien distinta 83"
REGISTERED = "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión"


@pytest_asyncio.fixture
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with browser_context(browser, width=SMALL_PHONE) as opened:
        yield opened


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


async def test_a_service_that_is_down_and_comes_back_loses_nothing_that_was_typed(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = harness.applicant(channel="web").person
    page = await open_at(phone, harness, "/registration")
    await fill_personal_data(page, person)

    await harness.system.kill("onboarding-api")
    try:
        await page.get_by_role("button", name="Registrarme").click()
        await expect(page.get_by_text("El servicio no está disponible")).to_be_visible()
        await expect(page.get_by_text(re.compile(r"Código para soporte: \w{16}"))).to_be_visible()
        await expect(page.get_by_label("Nombres")).to_have_value(person.given_names)
        await expect(page.get_by_label("Contraseña", exact=True)).to_have_value(person.password)
    finally:
        await harness.system.start_process("onboarding-api")
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
async def test_open_pages_are_accessible(
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


async def test_a_person_registers_by_keyboard_alone(
    harness: SystemHarness, phone: BrowserContext, tmp_path: Path
) -> None:
    person = harness.applicant(channel="web").person
    page = await open_at(phone, harness, "/registration")
    await page.get_by_label("Número de documento").wait_for()
    await tab_to(page, "Tipo de documento")
    await page.keyboard.press("c")
    await page.keyboard.press("Home")
    await type_into(
        page,
        {
            "Número de documento": person.document_number,
            "Nombres": person.given_names,
            "Apellidos": person.surnames or "Ruiz",
            "Fecha de nacimiento": person.birth_date.strftime("%d%m%Y"),
            "Correo electrónico": person.email,
            "Celular": person.phone,
            "Contraseña": person.password,
        },
    )
    await tab_to(page, "Autorizo el tratamiento")
    await page.keyboard.press("Space")
    await press(page, "Registrarme")
    await expect(page.get_by_role("heading", name="Revise su correo")).to_be_focused()

    link = await harness.mailbox.wait_for_link(person.email)
    await page.goto(f"{harness.system.url}/activate#{link.link_id}.{link.token}")
    await page.get_by_label("Contraseña", exact=True).wait_for()
    await type_into(page, {"Contraseña": person.password})
    await press(page, "Activar mi cuenta")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Hola")
    await press(page, "Seguir con el paso 3")
    await page.get_by_role("combobox", name="Empresa o pagaduría").wait_for()
    await type_into(page, {"Empresa o pagaduría": person.employment.payer.name[:12]})
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("option").first).to_be_hidden()
    await type_into(page, {"Cargo": person.employment.position})
    await tab_to(page, "Tipo de contrato")
    await page.keyboard.press("ArrowDown")
    await type_into(
        page,
        {
            "Salario neto mensual": "3.100.000",
            "Nombre u oficina": person.employment.contact_name,
            "Teléfono": person.employment.contact_phone,
        },
    )
    await press(page, "Guardar y seguir")
    await expect(page.get_by_text("Capacidad de descuento estimada")).to_be_visible()
    # Chromium intercepts the dialog from the first listener on, which must be before the key.
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    page.on("filechooser", choosers.put_nowait)
    await press(page, "Seguir con el paso 4")
    missing = page.locator(".requirement-missing")
    for path in files_of(person, tmp_path).values():
        await missing.first.wait_for()
        left = await missing.count()
        await tab_to(page, "Elegir un archivo")
        await page.keyboard.press("Enter")
        await (await choosers.get()).set_files(path)
        await expect(missing).to_have_count(left - 1)
    await press(page, "Seguir")
    await press(page, "Terminar el registro")

    await expect(page.get_by_text(REGISTERED)).to_be_visible()


async def type_into(page: Page, texts: dict[str, str]) -> None:
    """Go to the fields with Tab, in this order, and type the texts."""
    for label, text in texts.items():
        await tab_to(page, label)
        await page.keyboard.type(text)


async def press(page: Page, name: str) -> None:
    """Go to the button or link with Tab, see that it has the focus, and press Enter."""
    await page.get_by_text(name, exact=True).first.wait_for()
    await tab_to(page, name)
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")


async def test_errors_of_the_service_are_shown_at_their_fields(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = harness.applicant(channel="web").person
    page = await open_at(phone, harness, "/registration")
    await fill_personal_data(page, person)
    await page.get_by_label("Contraseña", exact=True).fill(f"{person.document_number} 123456")
    await page.get_by_label("Fecha de nacimiento").fill("01/01/2020")
    await page.get_by_role("button", name="Registrarme").click()

    await expect(page.get_by_label("Fecha de nacimiento")).to_have_accessible_description(
        re.compile("Debe tener 18 años o más")
    )
    await expect(page.get_by_label("Fecha de nacimiento")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Celular")).to_have_attribute("aria-invalid", "false")


async def test_a_registered_document_is_shown_while_typing(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    known = (await harness.activated_applicant(document_type="CC")).person
    page = await open_at(phone, harness, "/registration")
    await page.get_by_label("Número de documento").fill(known.document_number)
    await page.get_by_label("Número de documento").blur()

    await expect(page.get_by_text("Este documento ya está registrado")).to_be_visible()


async def test_a_mistyped_address_is_corrected_and_the_forgotten_password_replaced(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = harness.applicant(channel="web", document_type="CC").person
    page = await open_at(phone, harness, "/registration")
    await register(page, replace(person, email=f"mal.{person.email}"))
    await page.get_by_role("button", name="Corregir la dirección").click()
    await page.get_by_label("Dirección correcta").fill(person.email)
    await page.get_by_role("button", name="Enviar a esta dirección").click()
    await expect(page.get_by_text("Enviamos el correo otra vez")).to_be_visible()

    link = await harness.mailbox.wait_for_link(person.email)
    await page.goto(f"{harness.system.url}/activate#{link.link_id}.{link.token}")
    await page.get_by_label("Contraseña", exact=True).fill("no es la que elegí 1234")
    await page.get_by_role("button", name="Activar mi cuenta").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("button", name="No recuerdo la contraseña").click()
    await page.get_by_label("Nombres").fill("Ana María")
    await page.get_by_label("Apellidos", exact=True).fill("Ruiz")
    await page.get_by_label("Fecha de nacimiento").fill("12/04/1985")
    await page.get_by_label("Celular").fill(person.phone)
    await page.get_by_label("Contraseña nueva", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Autorizo el tratamiento").check()
    await page.get_by_role("button", name="Activar mi cuenta").click()

    await expect(page.get_by_role("heading", name="Hola, Ana María")).to_be_visible()


async def test_a_forgotten_password_is_reset_through_the_pages(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = (await harness.activated_applicant()).person
    page = await open_at(phone, harness, "/sign-in")
    await page.get_by_role("link", name="Olvidé mi contraseña").click()
    # The page before has a field of the same name.
    await expect(page.get_by_role("button", name="Enviar el enlace")).to_be_visible()
    await page.get_by_label("Número de documento o NIT").fill(person.document_number)
    await page.get_by_role("button", name="Enviar el enlace").click()
    mail = await harness.mailbox.wait_for(person.email, subject_contains="contraseña nueva")

    await page.goto(link_in(mail, f"{harness.system.url}/reset-password"))
    await page.get_by_label("Contraseña nueva", exact=True).fill("corta")
    assert "#" not in page.url
    await page.get_by_role("button", name="Guardar contraseña").click()
    await expect(page.locator(".field-error")).to_contain_text("15 caracteres")
    await page.get_by_label("Contraseña nueva", exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Guardar contraseña").click()
    await page.get_by_role("main").get_by_role("link", name="Iniciar sesión").click()
    await sign_in(page, replace(person, password=NEW_PASSWORD))

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Hola")


async def test_a_new_address_and_a_phone_are_confirmed_in_the_account(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    person = (await harness.activated_applicant()).person
    page = await open_at(phone, harness, "/account")
    await sign_in(page, person)
    await page.get_by_role("button", name="Enviar el código").click()
    texts = SmsInbox.from_environment(harness.system.environment)
    await page.get_by_label("Código de seis cifras").fill(await texts.wait_for_code(person.phone))
    await page.get_by_role("button", name="Confirmar", exact=True).click()
    await expect(page.get_by_role("heading", name="Verifique su celular")).to_be_hidden()

    await page.get_by_role("button", name="Cambiar el correo").click()
    section = page.get_by_role("region", name="Correo electrónico")
    await section.get_by_label("Correo nuevo").fill(f"nuevo.{person.email}")
    await section.get_by_label("Su contraseña actual").fill(person.password)
    await section.get_by_role("button", name="Guardar").click()
    await expect(section.get_by_text("Abra el enlace")).to_be_visible()
    mail = await harness.mailbox.wait_for(f"nuevo.{person.email}")
    await page.goto(link_in(mail, f"{harness.system.url}/confirm-contact"))
    await page.get_by_role("button", name="Confirmar mi correo").click()
    await page.get_by_role("link", name="Ir a mi cuenta").click()

    await expect(page.get_by_text(f"nuevo.{person.email}")).to_be_visible()


async def test_marketing_consent_is_given_and_withdrawn_and_sessions_end(
    harness: SystemHarness, phone: BrowserContext
) -> None:
    applicant = await harness.activated_applicant(wants_marketing=False)
    page = await open_at(phone, harness, "/account")
    await sign_in(page, applicant.person)
    await page.get_by_role("button", name="Dar esta autorización").click()
    await page.get_by_role("button", name="Retirar esta autorización").click()
    await expect(page.get_by_role("button", name="Dar esta autorización")).to_be_visible()

    await page.get_by_role("button", name="Cerrar sesión", exact=True).click()
    await expect(page.get_by_role("link", name="Empezar el registro")).to_be_visible()
    await page.goto(f"{harness.system.url}/account")
    await expect(page.get_by_label("Número de documento o NIT")).to_be_visible()


async def test_the_session_of_another_device_is_ended(
    harness: SystemHarness, phone: BrowserContext, other_device: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    other = await open_at(other_device, harness, "/account")
    await sign_in(other, applicant.person)
    await expect(other.get_by_text("Este dispositivo")).to_be_visible()
    page = await open_at(phone, harness, "/account")
    await sign_in(page, applicant.person)
    sessions = page.locator(".sessions li")
    in_browser = sessions.filter(has_text="Chrome · Linux")
    await expect(in_browser).to_have_count(2)
    before = await sessions.count()

    await in_browser.get_by_role("button", name="Cerrar esta sesión").click()

    await expect(sessions).to_have_count(before - 1)
    await other.reload()
    await expect(other.get_by_label("Número de documento o NIT")).to_be_visible()


async def test_a_rejected_document_is_corrected_until_the_person_may_apply(
    harness: SystemHarness, phone: BrowserContext, tmp_path: Path
) -> None:
    applicant = await harness.completed_applicant()
    await harness.operator.reject_kind(
        applicant.person_id, "payslip", "illegible", "La parte de abajo no se ve"
    )
    page = await open_at(phone, harness, "/application")
    await sign_in(page, applicant.person)
    await expect(page.get_by_text("La parte de abajo no se ve")).to_be_visible()
    await page.get_by_role("link", name="Enviar los documentos de nuevo").click()
    files = files_of(applicant.person, tmp_path)
    unreadable = tmp_path / "roto.pdf"
    unreadable.write_bytes(b"%PDF-1.7 nothing else")

    await choose_file(page, "Desprendible de nómina", unreadable)
    await expect(page.get_by_text("No podemos usar el archivo")).to_be_visible()
    await choose_file(page, "Desprendible de nómina", files["payslip"])
    await expect(page.get_by_text("Tenemos todos sus documentos")).to_be_visible()
    await harness.operator.accept_dossier(applicant.person_id)
    await harness.operator.wait_for_status(applicant.person_id, "enabled")
    await page.get_by_role("link", name="Seguir", exact=True).click()

    await expect(page.get_by_text(f"{REGISTERED} para solicitar su crédito.")).to_be_visible()
    await expect(page.get_by_role("link", name="Solicitar mi crédito")).to_have_attribute(
        "href", harness.system.environment["ONBOARDING_CREDIT_URL"]
    )


async def test_an_upload_is_aborted_and_a_large_photo_is_made_smaller(
    harness: SystemHarness, phone: BrowserContext, tmp_path: Path
) -> None:
    applicant = await harness.activated_applicant()
    photo = tmp_path / "cedula.png"
    noise = Image.effect_noise((3_000, 2_000), 80).convert("RGB")
    noise.save(photo)
    page = await open_at(phone, harness, "/application/documents")
    await sign_in(page, applicant.person)
    card = page.get_by_role("region", name="Documento de identidad (anverso)")
    await card.wait_for()
    declared: list[int] = []
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        declared.append((route.request.post_data_json or {})["size_bytes"])
        if len(declared) == 1:
            held.set()
            await asyncio.Event().wait()
        await route.continue_()

    await page.route("**/documents/v1/me/uploads", hold)
    await choose_file(page, "Documento de identidad (anverso)", photo)
    await held.wait()
    await card.get_by_role("button", name="Cancelar el envío").click()
    await expect(card.get_by_text("Falta")).to_be_visible()
    await choose_file(page, "Documento de identidad (anverso)", photo)

    await expect(card.get_by_text("Recibido")).to_be_visible()
    assert declared[1] < photo.stat().st_size / 2
    assert await policy_violations(page) == []
