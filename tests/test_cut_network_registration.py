"""The forms of the registration while the network is cut, in a browser: nothing typed is lost."""

from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from vinculo.simulation.document_files import card_front
from vinculo.simulation.inboxes import SmsInbox
from vinculo.testing.browser import HEIGHT, PHONE

from .applicant_pages import (
    choose_file,
    files_of,
    fill_personal_data,
    link_in,
    open_at,
    sign_in,
)
from .cut_network import (
    CALLS,
    NO_CONNECTION,
    NOT_REFRESHED,
    RETRY,
    Form,
    expect_events,
    send_through_cuts,
)
from .system_harness import SystemHarness
from .test_document_claims import stranger_and_owner

CONSENT = "Autorizo el tratamiento de mis datos personales"
CLAIM_TOKENS = "**/onboarding/v1/document-claim-access-tokens"
OWN_APPLICATION = "**/onboarding/v1/me/application"
CODE = "Código de seis cifras"
NEW_PASSWORD = "una frase larga y bien distinta 83"
THIRD_PASSWORD = "otra frase igual de larga y rara 47"


async def open_activation(page: Page, harness: SystemHarness, address: str) -> None:
    link = await harness.mailbox.wait_for_link(address)
    await page.goto(f"{harness.system.url}/activate#{link.link_id}.{link.token}")
    await page.get_by_label("Contraseña", exact=True).wait_for()


async def expect_greeting(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Hola")


async def test_registration_with_a_mistyped_address_its_correction_and_the_activation(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = harness.applicant(channel="web")
    person = applicant.person
    page = await open_at(context, harness, "/registration")
    await fill_personal_data(page, person)
    await send_through_cuts(
        Form(
            at=page,
            button="Registrarme",
            texts={
                "Número de documento": person.document_number,
                "Nombres": person.given_names,
                "Correo electrónico": f"mal.{person.email}",
                "Celular": person.phone,
                "Contraseña": person.password,
            },
            ticked=[CONSENT],
            is_repeatable=True,
        )
    )
    await expect(page.get_by_role("heading", name="Revise su correo")).to_be_visible()

    await page.get_by_role("button", name="Corregir la dirección").click()
    await send_through_cuts(
        Form(
            at=page,
            button="Enviar a esta dirección",
            texts={"Dirección correcta": person.email},
            is_repeatable=True,
        )
    )
    await expect(page.get_by_text("Enviamos el correo otra vez")).to_be_visible()

    await open_activation(page, harness, person.email)
    await send_through_cuts(
        Form(at=page, button="Activar mi cuenta", texts={"Contraseña": person.password})
    )
    await expect_greeting(page)
    await expect_events(
        harness,
        await applicant.sign_in(),
        application_started=1,
        registration_repeated=0,
        email_corrected=1,
        email_verified=1,
    )


async def test_a_mail_of_another_visit_and_the_activation_with_another_password(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = harness.applicant()
    person, address = applicant.person, f"otro.{applicant.person.email}"
    await applicant.register()
    page = await open_at(context, harness, "/registration/mail")
    await page.get_by_label("Tipo de documento").select_option(f"CO:{person.document_type}")
    await send_through_cuts(
        Form(
            at=page,
            button="Enviar de nuevo",
            texts={
                "Número de documento": person.document_number,
                "Correo con el que se registró": person.email,
                "Dirección correcta (opcional)": address,
                "Contraseña": person.password,
            },
            is_repeatable=True,
        )
    )
    await expect(page.get_by_text("Si los datos coinciden")).to_be_visible()

    await open_activation(page, harness, address)
    await page.get_by_role("button", name="No recuerdo la contraseña").click()
    await send_through_cuts(
        Form(
            at=page,
            button="Activar mi cuenta",
            texts={
                "Nombres": "Ana María",
                "Apellidos": "Ruiz",
                "Fecha de nacimiento": "12/04/1985",
                "Celular": person.phone,
                "Contraseña nueva": NEW_PASSWORD,
            },
            ticked=[CONSENT],
        )
    )
    await expect_greeting(page)
    person_id = await applicant.sign_in(NEW_PASSWORD)
    await expect_events(harness, person_id, email_corrected=1, email_verified=1)


async def test_a_claim_with_a_statement_and_a_file(
    harness: SystemHarness, context: BrowserContext, tmp_path: Path
) -> None:
    stranger, owner = await stranger_and_owner(harness)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(card_front(owner.person))
    page = await context.new_page()
    await open_activation(page, harness, owner.person.email)
    await page.get_by_label("Contraseña", exact=True).fill(owner.person.password)
    await page.get_by_role("button", name="Activar mi cuenta").click()
    await page.get_by_role("button", name="Reclamar este documento").click()
    form = Form(
        at=page,
        button="Enviar el reclamo",
        texts={"¿Por qué el documento es suyo? (opcional)": "Me lo expidieron en Tunja"},
        is_repeatable=True,
    )
    # The claim is opened, and cannot be shown.
    await page.route(CLAIM_TOKENS, lambda route: route.abort())
    await form.fill()
    await form.sending.click()
    await form.expect_failure()
    await page.unroute(CLAIM_TOKENS)
    await send_through_cuts(form)
    await expect(page.get_by_text("Recibimos su reclamo")).to_be_visible()

    files = page.get_by_role("region", name="Archivos que apoyan su reclamo")
    await files.get_by_text("Elegir un archivo").wait_for()
    await context.set_offline(True)
    await files.locator("input[type=file]:not([capture])").set_input_files(photo)
    await expect(files.get_by_text(NO_CONNECTION)).to_be_visible()
    await context.set_offline(False)
    await files.get_by_role("button", name=RETRY).click()
    await expect(files.get_by_text("Archivo recibido")).to_be_visible()

    found = await harness.operator.call(
        "GET", "/onboarding/v1/document-claims", params={"state": "open", "limit": 50}
    )
    (claim,) = [each for each in found.body["items"] if each["holder"] == str(stranger.person_id)]
    sent = await harness.operator.call("GET", f"/documents/v1/claims/{claim['claim_id']}/files")
    assert [each["state"] for each in sent.body["items"]] == ["screened"]


async def test_employment_a_file_and_the_completion(
    harness: SystemHarness, context: BrowserContext, tmp_path: Path
) -> None:
    applicant = await harness.activated_applicant()
    files = files_of(applicant.person, tmp_path)
    page = await open_at(context, harness, "/application/employment")
    await sign_in(page, applicant.person)
    await page.get_by_role("combobox", name="Empresa o pagaduría").fill("Taller de mi barrio")
    await expect(page.get_by_text("No está en la lista")).to_be_visible()
    await page.get_by_label("Tipo de contrato").select_option("other")
    await page.get_by_label("Salario neto mensual").fill("3'100.000")
    await switch_languages_in_vain(page)
    await expect(page.get_by_label("Tipo de contrato")).to_have_value("other")
    await expect(page.get_by_label("Salario neto mensual")).to_have_value("3.100.000")
    await send_through_cuts(
        Form(
            at=page,
            button="Guardar y seguir",
            texts={
                "Cargo": "Soldador",
                "Salario neto mensual (COP)": "3.100.000",
                "Nombre u oficina": "Dueño",
                "Teléfono": "3101234567",
            },
        )
    )
    await expect(page.get_by_text("Taller de mi barrio")).to_be_visible()

    await page.get_by_role("link", name="Seguir con el paso 4").click()
    card = page.get_by_role("region", name="Desprendible de nómina")
    await card.wait_for()
    await context.set_offline(True)
    await choose_file(page, "Desprendible de nómina", files["payslip"])
    await expect(card.get_by_text(NO_CONNECTION)).to_be_visible()
    await context.set_offline(False)
    await card.get_by_role("button", name=RETRY).click()
    await expect(card.get_by_text("Recibido")).to_be_visible()

    missing = page.locator(".requirement-missing")
    for kind in [each for each in files if each != "payslip"]:
        left = await missing.count()
        await missing.first.locator("input[type=file]:not([capture])").set_input_files(files[kind])
        await expect(missing).to_have_count(left - 1)
    await page.get_by_role("link", name="Seguir", exact=True).click()
    await send_through_cuts(Form(at=page, button="Terminar el registro"))
    await expect(page.get_by_text("Registro exitoso.")).to_be_visible()
    await expect_events(
        harness,
        applicant.person_id,
        employment_declared=1,
        document_received=4,
        application_completed=1,
    )


async def switch_languages_in_vain(page: Page) -> None:
    """To the other language while no service answers in it, which is shown, and back."""
    failure = page.get_by_role("alert").filter(has_text="This could not be refreshed")
    await page.route(CALLS, lambda route: route.abort())
    async with page.expect_event(
        "requestfailed", lambda request: request.url.endswith("/me/application")
    ):
        await page.get_by_role("button", name="English").click()
    await expect(failure).to_be_visible()
    await expect(page.get_by_text("What you typed is kept")).to_have_count(0)
    await page.unroute(CALLS)
    await failure.get_by_role("button", name="Try again").click()
    await expect(failure).to_be_hidden()
    await page.get_by_role("button", name="Español").click()


async def test_sign_in_the_verification_of_the_phone_and_another_address(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    person, address = applicant.person, f"nuevo.{applicant.person.email}"
    page = await open_at(context, harness, "/account")
    await send_through_cuts(
        Form(
            at=page,
            button="Iniciar sesión",
            texts={
                "Número de documento o NIT": person.document_number,
                "Contraseña": person.password,
            },
        )
    )
    phone = page.get_by_role("region", name="Verifique su celular")
    await send_through_cuts(Form(at=phone, button="Enviar el código", is_repeatable=True))
    texts = SmsInbox.from_environment(harness.system.environment)
    code = await texts.wait_for_code(person.phone)
    await phone.get_by_label(CODE).fill(code)
    await context.set_offline(True)
    await phone.get_by_role("button", name="Enviar otro código").click()
    await expect(phone.get_by_text(NO_CONNECTION)).to_be_visible()
    await expect(phone.get_by_label(CODE)).to_have_value(code)
    await context.set_offline(False)
    await send_through_cuts(Form(at=phone.locator("form"), button="Confirmar", texts={CODE: code}))
    await expect(phone).to_be_hidden()

    await page.get_by_role("button", name="Cambiar el correo").click()
    section = page.get_by_role("region", name="Correo electrónico")
    await send_through_cuts(
        Form(
            at=section,
            button="Guardar",
            texts={"Correo nuevo": address, "Su contraseña actual": person.password},
        )
    )
    await expect(section.get_by_text("Abra el enlace")).to_be_visible()
    mail = await harness.mailbox.wait_for(address)
    await page.goto(link_in(mail, f"{harness.system.url}/confirm-contact"))
    await send_through_cuts(Form(at=page, button="Confirmar mi correo"))
    await expect(page.get_by_text("Su correo quedó confirmado")).to_be_visible()
    await expect_events(
        harness,
        applicant.person_id,
        phone_code_issued=1,
        phone_verified=1,
        contact_change_requested=1,
        contact_changed=1,
    )


async def test_a_saved_change_that_cannot_be_read_again_is_shown_after_a_retry(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    page = await open_at(context, harness, "/account")
    await page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    await sign_in(page, applicant.person)
    section = page.get_by_role("region", name="Correo electrónico")
    await section.get_by_role("button", name="Cambiar el correo").click()
    await section.get_by_label("Correo nuevo").fill(f"otro.{applicant.person.email}")
    await section.get_by_label("Su contraseña actual").fill(applicant.person.password)
    await page.route(OWN_APPLICATION, lambda route: route.abort())
    await section.get_by_role("button", name="Guardar").click()
    failure = page.get_by_role("alert").filter(has_text=NOT_REFRESHED)
    await expect(failure).to_be_in_viewport(ratio=1)
    await expect(section.get_by_text(applicant.person.email, exact=True)).to_be_visible()

    await page.unroute(OWN_APPLICATION)
    await failure.get_by_role("button", name=RETRY).click()
    await expect(section.get_by_text("Abra el enlace")).to_be_visible()
    await expect(failure).to_be_hidden()
    await expect_events(harness, applicant.person_id, contact_change_requested=1)


async def test_sessions_another_phone_a_correction_a_consent_and_passwords(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant(wants_marketing=False)
    person, new_phone = applicant.person, harness.applicant().person.phone
    page = await open_at(context, harness, "/account")
    await sign_in(page, person)
    sessions = page.get_by_role("region", name="Sesiones")
    await send_through_cuts(Form(at=sessions, button="Cerrar esta sesión"))
    await expect(sessions.get_by_role("listitem")).to_have_count(1)

    phone = page.get_by_role("region", name="Celular", exact=True)
    await phone.get_by_role("button", name="Cambiar el celular").click()
    await send_through_cuts(
        Form(
            at=phone,
            button="Guardar",
            texts={"Celular nuevo": new_phone, "Su contraseña actual": person.password},
        )
    )
    code = await SmsInbox.from_environment(harness.system.environment).wait_for_code(new_phone)
    await send_through_cuts(Form(at=phone.locator("form"), button="Confirmar", texts={CODE: code}))
    await expect(phone.get_by_text("Escriba el código")).to_be_hidden()

    details = page.get_by_role("region", name="Sus datos")
    await details.get_by_role("button", name="Corregir mis datos").click()
    await send_through_cuts(
        Form(
            at=details,
            button="Guardar",
            texts={"Nombres": "Ana María", "Su contraseña actual": person.password},
        )
    )
    await expect(details.get_by_text("Corregimos sus datos")).to_be_visible()

    consents = page.get_by_role("region", name="Autorizaciones")
    await send_through_cuts(Form(at=consents, button="Dar esta autorización"))
    await expect(consents.get_by_role("button", name="Retirar esta autorización")).to_be_visible()

    password = page.get_by_role("region", name="Contraseña")
    await send_through_cuts(
        Form(
            at=password,
            button="Cambiar la contraseña",
            texts={"Su contraseña actual": person.password, "Contraseña nueva": NEW_PASSWORD},
        )
    )
    await expect(password.get_by_text("Su contraseña cambió")).to_be_visible()
    await send_through_cuts(Form(at=sessions, button="Cerrar sesión en todos los dispositivos"))
    await expect(page.get_by_role("link", name="Empezar el registro")).to_be_visible()

    await page.goto(f"{harness.system.url}/sign-in/forgotten")
    await send_through_cuts(
        Form(
            at=page,
            button="Enviar el enlace",
            texts={"Número de documento o NIT": person.document_number},
        )
    )
    await expect(page.get_by_text("Revise su correo")).to_be_visible()
    mail = await harness.mailbox.wait_for(person.email, subject_contains="contraseña nueva")
    await page.goto(link_in(mail, f"{harness.system.url}/reset-password"))
    await send_through_cuts(
        Form(at=page, button="Guardar contraseña", texts={"Contraseña nueva": THIRD_PASSWORD})
    )
    await expect(page.get_by_text("Su contraseña quedó guardada")).to_be_visible()
    assert await applicant.sign_in(THIRD_PASSWORD) == applicant.person_id
    await expect_events(
        harness,
        applicant.person_id,
        contact_change_requested=1,
        contact_changed=1,
        identity_corrected=1,
        consent_given=1,
        password_changed=2,
        password_reset_requested=1,
    )


async def test_a_sign_out_is_completed_by_the_next_visit(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.activated_applicant()
    page = await open_at(context, harness, "/account")
    await sign_in(page, applicant.person)
    sign_out = page.get_by_role("button", name="Cerrar sesión", exact=True)
    await sign_out.wait_for()
    await context.set_offline(True)
    await sign_out.click()
    await sign_out.wait_for(state="hidden")
    await context.set_offline(False)

    async with page.expect_response("**/onboarding/v1/sessions/current") as ended:
        await page.goto(f"{harness.system.url}/account")
    assert (await ended.value).ok
    await expect(page.get_by_label("Número de documento o NIT")).to_be_visible()
