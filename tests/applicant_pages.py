"""An applicant at the pages of the registration: each function is one page or one thing done."""

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from vinculo.simulation.document_files import required_files
from vinculo.simulation.inboxes import Mail
from vinculo.simulation.people import Person

from .system_harness import SystemHarness

FOCUSED_LABEL = """() => {
    const { labels, textContent } = document.activeElement;
    return ((labels && labels[0] ? labels[0].textContent : textContent) || "").trim();
}"""


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
    missing = page.locator(".requirement-missing")
    for path in files_of(person, folder).values():
        await missing.first.wait_for()
        left = await missing.count()
        await missing.first.locator("input[type=file]:not([capture])").set_input_files(path)
        await expect(missing).to_have_count(left - 1)


def link_in(mail: Mail, address: str) -> str:
    """The link of the mail to this page, with its token."""
    found = re.search(rf"{re.escape(address)}#[\w.-]+", mail.text)
    assert found is not None
    return found[0]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this label or text has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        labels: str = await page.evaluate(FOCUSED_LABEL)
        if labels.startswith(name):
            return
    raise AssertionError(f"{name} is not reached with Tab")
