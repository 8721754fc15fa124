"""The forms of the console while the network is cut, in a browser: nothing typed is lost."""

from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from vinculo.simulation.payers import check_digit
from vinculo.testing.browser import browser_context
from vinculo.testing.waiting import eventually

from .console_pages import console, go
from .cut_network import (
    NO_CONNECTION,
    NOT_REFRESHED,
    RETRY,
    Form,
    expect_events,
    response_lost,
    send_through_cuts,
)
from .system_harness import SystemHarness
from .test_document_claims import stranger_and_owner
from .test_staff_pages import (
    FIRST_PASSWORD,
    SECOND_PASSWORD,
    THIRD_PASSWORD,
    mailed_link,
    new_address,
    row_of,
)

NOTE = "Nota (opcional)"


async def open_action(page: Page, harness: SystemHarness, person_id: UUID, name: str) -> Locator:
    """The dialog of an action of the profile."""
    await go(page, harness, f"/people/{person_id}")
    await page.get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name=name).click()
    return page.get_by_role("dialog")


async def test_staff_administration_and_the_ways_of_a_member_into_the_console(
    harness: SystemHarness, browser: Browser, context: BrowserContext
) -> None:
    admin, address = await console(context, harness, "admin"), new_address()
    dialog = admin.get_by_role("dialog")
    await go(admin, harness, "/staff")
    await admin.get_by_role("button", name="Invitar a alguien").click()
    await send_through_cuts(
        Form(
            at=dialog,
            button="Enviar la invitación",
            texts={"Correo electrónico": address},
            options={"Rol": "Revisión"},
            is_repeatable=True,
        )
    )
    await expect(row_of(admin, address)).to_contain_text("Invitado")

    async with browser_context(browser) as others:
        page = await others.new_page()
        await page.clock.install()
        await page.goto(await mailed_link(harness, address, "invitation"))
        await send_through_cuts(
            Form(at=page, button="Guardar y entrar", texts={"Contraseña nueva": FIRST_PASSWORD})
        )
        await page.get_by_role("link", name=address).click()
        await send_through_cuts(
            Form(
                at=page,
                button="Cambiar la contraseña",
                texts={"Contraseña actual": FIRST_PASSWORD, "Contraseña nueva": SECOND_PASSWORD},
            )
        )
        await expect(page.get_by_text("Su contraseña cambió.")).to_be_visible()

        await page.clock.fast_forward("16:00")
        await expect(page.get_by_role("heading", name="Consola bloqueada")).to_be_visible()
        await send_through_cuts(
            Form(at=page, button="Desbloquear", texts={"Contraseña": SECOND_PASSWORD})
        )
        await expect(page.get_by_role("heading", name="Mi cuenta")).to_be_visible()

        await admin.reload()
        await admin.get_by_role("button", name=f"Cambiar rol: {address}").click()
        await send_through_cuts(
            Form(at=dialog, button="Cambiar el rol", options={"Rol": "Operación"})
        )
        await expect(row_of(admin, address)).to_contain_text("Operación")

        await page.get_by_role("link", name="Inicio", exact=True).click()
        await expect(page.get_by_text("Su sesión terminó.")).to_be_visible()
        await send_through_cuts(
            Form(
                at=page,
                button="Iniciar sesión",
                texts={"Correo electrónico": address, "Contraseña": SECOND_PASSWORD},
            )
        )
        await page.get_by_role("button", name="Cerrar sesión").click()
        await page.get_by_role("link", name="Olvidé mi contraseña").click()
        await send_through_cuts(
            Form(at=page, button="Enviar el enlace", texts={"Correo electrónico": address})
        )
        await expect(page.get_by_text("Si ese correo tiene una cuenta")).to_be_visible()
        await page.goto(await mailed_link(harness, address, "reset-password"))
        await send_through_cuts(
            Form(at=page, button="Guardar contraseña", texts={"Contraseña nueva": THIRD_PASSWORD})
        )
        await expect(page.get_by_text("Su contraseña quedó guardada.")).to_be_visible()

    await admin.reload()
    await admin.get_by_role("button", name=f"Terminar: {address}").click()
    await send_through_cuts(Form(at=dialog, button="Terminar la cuenta"))
    await expect(row_of(admin, address)).to_contain_text("Terminado")
    await expect(row_of(admin, address)).to_have_count(1)
    subjects = [mail.subject for mail in await harness.mailbox.mails_to(address)]
    assert len([each for each in subjects if "invitaron" in each]) == 1


async def test_an_internal_user_a_message_and_a_status_change(
    harness: SystemHarness, context: BrowserContext
) -> None:
    customer = await harness.customer()
    await harness.wait_for_row("customers", customer, status="enabled")
    page = await console(context, harness, "admin")
    dialog = await open_action(page, harness, customer.person_id, "Asignar usuario del sistema")
    await send_through_cuts(
        Form(
            at=dialog,
            button="Guardar",
            options={"Nuevo rol": "Operación", "Motivo": "Ingresó al personal"},
            is_repeatable=True,
        )
    )
    await expect(page.get_by_text("El rol cambió.")).to_be_visible()

    await go(page, harness, f"/people/{customer.person_id}?section=messages")
    welcome = page.locator("tr", has_text="bienvenida")

    async def is_sent() -> bool:
        await page.reload()
        await page.locator("table.data tbody tr").first.wait_for()
        return await welcome.filter(has_text="Enviado").count() == 1

    await eventually(is_sent, timeout=60)
    resend = welcome.get_by_role("button", name="Reenviar")
    await send_through_cuts(Form(at=page, button=resend, is_repeatable=True))
    await expect(page.get_by_text("El mensaje se enviará de nuevo")).to_be_visible()
    await expect(welcome.filter(has_text="reenvío")).to_have_count(1)

    await page.get_by_role("button", name="Cambiar estado").click()
    await send_through_cuts(
        Form(
            at=dialog,
            button="Cambiar estado",
            texts={NOTE: "Llamada recibida"},
            options={"Nuevo estado": "Bloqueado", "Motivo": "Sospecha de fraude"},
            is_repeatable=True,
        )
    )
    await expect(page.locator(".page-head .status")).to_have_text("Bloqueado")
    await page.get_by_role("link", name="Historia").click()
    await expect(page.get_by_text("Se bloqueó. Motivo: sospecha de fraude")).to_have_count(1)
    await page.get_by_role("link", name="Detalles del cliente").click()
    await expect(page.get_by_role("cell", name="Llamada recibida")).to_have_count(1)
    await expect_events(harness, customer.person_id, internal_user_granted=1, record_blocked=1)


async def test_a_dismissed_dispute_and_an_erasure(
    harness: SystemHarness, context: BrowserContext
) -> None:
    owner = await harness.activated_applicant()
    stranger = harness.applicant(
        document_type=owner.person.document_type, document_number=owner.person.document_number
    )
    await stranger.register()
    await expect_events(harness, owner.person_id, document_disputed=1)
    page = await console(context, harness, "admin")
    dialog = await open_action(page, harness, owner.person_id, "Descartar la disputa del documento")
    await send_through_cuts(
        Form(
            at=dialog,
            button="Descartar",
            options={"Motivo": "Se confirmó al titular de la cuenta"},
            is_repeatable=True,
        )
    )
    await expect(page.get_by_text("La disputa quedó descartada")).to_be_visible()
    await expect_events(harness, owner.person_id, document_dispute_dismissed=1)

    dialog = await open_action(page, harness, owner.person_id, "Eliminar registro")
    await send_through_cuts(
        Form(
            at=dialog,
            button="Eliminar",
            texts={NOTE: "Registro repetido"},
            options={"Motivo": "Duplicado"},
            ticked=["Entiendo que no se puede deshacer"],
            is_repeatable=True,
        )
    )
    await page.wait_for_url(lambda url: url.endswith("/pre-customers"))
    await page.goto(f"{harness.system.url}/console/people/{owner.person_id}")
    await expect(page.get_by_text("Los datos de esta persona se eliminaron")).to_be_visible()


async def test_decisions_on_documents_a_correction_and_a_claim(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant, customer = await harness.completed_applicant(), await harness.customer()
    person = customer.person
    page = await console(context, harness)
    await go(page, harness, f"/review/{applicant.person_id}")
    documents = page.locator(".review-list button")
    decision = page.get_by_role("region", name="Decisión")
    await decision.get_by_role("button", name="Rechazar").click()
    await send_through_cuts(
        Form(
            at=decision,
            button="Rechazar el documento",
            texts={NOTE: "Se ve borroso"},
            ticked=["Ilegible"],
            is_repeatable=True,
        )
    )
    await expect(documents.filter(has_text="Rechazado")).to_have_count(1)
    await send_through_cuts(Form(at=decision, button="Aceptar", is_repeatable=True))
    await expect(documents.filter(has_text="Aceptado")).to_have_count(1)
    await expect_events(harness, applicant.person_id, document_rejected=1, document_accepted=1)

    async def requested_correction(given_names: str) -> Locator:
        body = {"given_names": given_names, "password": person.password}
        await customer.call("PUT", "/onboarding/v1/me/personal-details", json=body)
        await go(page, harness, "/corrections")
        return page.locator("li.card", has=page.locator(f"a[href*='{customer.person_id}']"))

    card = await requested_correction("Ana María")
    await card.get_by_role("button", name="No aprobar").click()
    await send_through_cuts(
        Form(
            at=page.get_by_role("dialog"),
            button="No aprobar",
            texts={NOTE: "Envíe una foto del documento"},
            options={"Motivo": "Sin soporte"},
            is_repeatable=True,
        )
    )
    await expect(card).to_have_count(0)
    card = await requested_correction("Ana Lucía")
    approve = card.get_by_role("button", name="Aprobar", exact=True)
    await send_through_cuts(Form(at=card, button=approve, is_repeatable=True))
    await expect(card).to_have_count(0)
    await expect_events(
        harness,
        customer.person_id,
        identity_correction_requested=2,
        identity_correction_refused=1,
        identity_corrected=1,
    )

    _, owner = await stranger_and_owner(harness)
    link = await harness.mailbox.wait_for_link(owner.person.email)
    opened = await harness.gateway.call(
        "POST",
        "/onboarding/v1/document-claims",
        json={"link_id": str(link.link_id), "token": link.token},
    )
    claim_id = opened.body["claim_id"]
    await go(page, harness, f"/claims/{claim_id}")
    await page.get_by_role("button", name="Negar").click()
    await send_through_cuts(
        Form(
            at=page.get_by_role("dialog"),
            button="Negar",
            options={"Motivo": "Las pruebas no son suficientes"},
            is_repeatable=True,
        )
    )
    await expect(page.get_by_text("Negado", exact=True)).to_be_visible()


async def test_payers_are_registered_changed_suspended_accepted_and_refused(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant, page = await harness.activated_applicant(), await console(context, harness)
    name, proposed, refused = (
        f"{each} {uuid4().hex[:8]}" for each in ("Textiles", "Confecciones", "Vecinos")
    )
    dialog = page.get_by_role("dialog")
    agreement = dialog.get_by_label("Convenio", exact=True)

    async def send(form: Form) -> None:
        await send_through_cuts(form)
        await expect(dialog).to_be_hidden()

    async def found(payer: str) -> Locator:
        """The button that opens the payer."""
        await page.get_by_label("Buscar", exact=True).fill(payer)
        button = page.get_by_role("button", name=f"Abrir {payer}")
        await button.wait_for()
        return button

    await go(page, harness, "/payers")
    await page.get_by_role("button", name="Registrar pagaduría").click()
    details = {
        "Nombre": name,
        "NIT": new_tax_id(),
        "Convenio": "Libranza",
        "Contacto": "Nómina",
        "Teléfono": "6015550142",
        "Correo electrónico": "nomina@textiles.example",
    }
    await send(Form(at=dialog, button="Guardar", texts=details, is_repeatable=True))
    button = await found(name)
    await context.set_offline(True)
    await button.click()
    await expect(dialog.get_by_text(NO_CONNECTION)).to_be_visible()
    await context.set_offline(False)
    await dialog.get_by_role("button", name=RETRY).click()
    await expect(agreement).to_have_value("Libranza")
    changed = {**details, "Convenio": "Libranza y convenio"}
    await send(Form(at=dialog, button="Guardar", texts=changed, is_repeatable=True))
    await button.click()
    await expect(agreement).to_have_value("Libranza y convenio")
    reason = {"Suspender, por": "No paga"}
    await send(Form(at=dialog, button="Suspender", options=reason, is_repeatable=True))
    await go(page, harness, "/payers?status=suspended")
    await (await found(name)).click()
    await send(Form(at=dialog, button="Reactivar", is_repeatable=True))

    work = applicant.person.employment
    declared = {
        "position": work.position,
        "contract_type": work.contract_type,
        "net_monthly_salary_cents": work.net_monthly_salary_cents,
        "payer_contact": {"name": work.contact_name, "phone": work.contact_phone},
    }
    for payer in (proposed, refused):
        employment = {**declared, "payer": {"name": payer}}
        await applicant.call("PUT", "/onboarding/v1/me/employment", json=employment)
    await go(page, harness, "/payers?status=proposed")
    await (await found(proposed)).click()
    accepted = {"Nombre": proposed, "NIT": new_tax_id()}
    await send(Form(at=dialog, button="Aceptar en el catálogo", texts=accepted, is_repeatable=True))
    await (await found(refused)).click()
    refuse = dialog.get_by_role("button", name="Rechazar").first
    await send(Form(at=dialog, button=refuse, is_repeatable=True))

    assert await versions_of(harness, name) == [4]
    assert await versions_of(harness, proposed) == [2]
    assert await versions_of(harness, refused, status="refused") == [2]


def new_tax_id() -> str:
    number = str(900_000_000 + uuid4().int % 90_000_000)
    return f"{number}-{check_digit(number)}"


async def versions_of(harness: SystemHarness, payer: str, status: str = "active") -> list[int]:
    """The versions, which are numbers of events, of the payers with this name."""
    path = "/onboarding/v1/payers"
    found = await harness.operator.call("GET", path, params={"q": payer, "status": status})
    payers = [
        await harness.operator.call("GET", f"{path}/{each['payer_id']}")
        for each in found.body["items"]
    ]
    return [int(each.headers["etag"].strip('W/"')) for each in payers]


async def test_a_saved_view_columns_and_an_export(
    harness: SystemHarness, context: BrowserContext
) -> None:
    await harness.wait_for_row("customers", await harness.customer(), status="enabled")
    page = await console(context, harness)
    await go(page, harness, "/customers")
    dialog, heads = page.get_by_role("dialog"), page.locator("table.people thead th")
    before = await heads.all_inner_texts()
    for form in (
        Form(at=dialog, button="Guardar la vista", texts={"Nombre de la vista": "Mis clientes"}),
        Form(at=dialog, button="Eliminar la vista Mis clientes"),
    ):
        await page.get_by_role("button", name="Vistas").click()
        await page.get_by_role("menuitem", name="Guardar o eliminar vistas").click()
        await send_through_cuts(form)
    await expect(dialog.get_by_role("listitem")).to_have_count(0)
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Columnas").click()
    await dialog.get_by_role("checkbox", name="Correo electrónico").uncheck()
    await send_through_cuts(Form(at=dialog, button="Guardar"))
    await expect(heads.filter(has_text="Correo electrónico")).to_have_count(0)
    await page.get_by_role("button", name="Columnas").click()
    await send_through_cuts(Form(at=dialog, button="Mostrar todas"))
    await expect(heads).to_have_text(before)

    exports = await own_exports(harness)
    await context.set_offline(True)
    await page.get_by_role("button", name="Descargar").click()
    await page.get_by_role("menuitem", name="CSV").click()
    await expect(dialog.get_by_text(NO_CONNECTION)).to_be_visible()
    await context.set_offline(False)
    retry = dialog.get_by_role("button", name=RETRY)
    async with response_lost(page):
        await retry.click()
    async with page.expect_download():
        await retry.click()
    async with page.expect_download():
        await send_through_cuts(Form(at=dialog, button="Guardar el archivo"))
    assert await own_exports(harness) == exports + 1


async def own_exports(harness: SystemHarness) -> int:
    return len((await harness.operator.call("GET", "/query/v1/exports")).body["items"])


async def test_a_refresh_without_a_network_leaves_what_is_typed(
    harness: SystemHarness, context: BrowserContext
) -> None:
    applicant = await harness.completed_applicant()
    await harness.wait_for_row("registrations", applicant)
    await context.clock.install()
    page = await console(context, harness)
    dialog = page.get_by_role("dialog")

    await go(page, harness, f"/people/{applicant.person_id}")
    await page.get_by_role("button", name="Cambiar estado").click()
    await leave_and_come_back(page, dialog.get_by_label(NOTE))
    await go(page, harness, f"/review/{applicant.person_id}")
    await page.get_by_role("button", name="Rechazar").click()
    await leave_and_come_back(page, page.get_by_label(NOTE))
    await go(page, harness, "/customers")
    await page.get_by_role("button", name="Vistas").click()
    await page.get_by_role("menuitem", name="Guardar o eliminar vistas").click()
    await leave_and_come_back(page, dialog.get_by_label("Nombre de la vista"))


async def leave_and_come_back(page: Page, typed: Locator) -> None:
    await typed.fill("Lo que se escribió")
    await refresh_in_vain(page)
    await expect(typed).to_have_value("Lo que se escribió")
    await page.context.set_offline(False)


async def refresh_in_vain(page: Page) -> None:
    """Have everything read again without a network, as when the tab was behind others."""
    await page.context.set_offline(True)
    await page.clock.fast_forward("11:00")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    await expect(page.locator("#content").get_by_text(NOT_REFRESHED).first).to_be_visible()


@pytest.mark.parametrize(
    ("section", "entries"), [("messages", "tbody tr"), ("requirements", ".requirements > li")]
)
async def test_a_section_of_a_profile_shows_what_was_read_before_until_a_retry(
    harness: SystemHarness, context: BrowserContext, section: str, entries: str
) -> None:
    applicant = await harness.completed_applicant()
    await harness.wait_for_row("registrations", applicant)
    await context.clock.install()
    page = await console(context, harness)
    await go(page, harness, f"/people/{applicant.person_id}?section={section}")
    content = page.locator("#content")
    shown, retries = content.locator(entries), content.get_by_role("button", name=RETRY)
    await shown.first.wait_for()
    await page.wait_for_load_state("networkidle")
    before = await shown.all_text_contents()

    await refresh_in_vain(page)
    # Of the profile, and of the section.
    await expect(content.get_by_text(NOT_REFRESHED)).to_have_count(2)
    await expect(content.get_by_text(NO_CONNECTION)).to_have_count(0)
    await expect(shown).to_have_text(before)

    await context.set_offline(False)
    await retries.last.click()
    await expect(retries).to_have_count(1)
    await retries.click()
    await expect(content.get_by_text(NOT_REFRESHED)).to_have_count(0)
    await expect(shown.first).to_be_visible()
