from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from vinculo.contracts.documents import DocumentKind
from vinculo.notifications.delivery.smtp import UnusableAddress, ascii_domain, mime_message
from vinculo.notifications.domain.application_progress import NextStep
from vinculo.notifications.domain.message import (
    BY_SMS,
    Channel,
    NotificationTrigger,
    Template,
    channel_of,
)
from vinculo.notifications.rendering.context import Context, ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.preview import sample_contexts, sample_trigger, write_previews
from vinculo.notifications.rendering.render import (
    TEMPLATES,
    IncompleteTemplatesError,
    RenderedEmail,
    Renderer,
)
from vinculo.translation import Catalogue, load_catalogue

PUBLIC_URL = "https://credito.example"
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
LINK = f"{PUBLIC_URL}/activate#0198.token"
CATALOGUE = load_catalogue("vinculo.notifications")
EMAIL = RenderedEmail(subject="Hola", text="Hola, Ana", html="<p>Hola, Ana</p>")

renderer = Renderer(brand="Vínculo", public_url=PUBLIC_URL, languages=CATALOGUE.languages)
labels = Labels(CATALOGUE, BOGOTA)
samples = [
    (language, template, context)
    for language in CATALOGUE.languages
    for template, context in sample_contexts(labels, language, public_url=PUBLIC_URL, now=NOW)
]
every_language = pytest.mark.parametrize("language", CATALOGUE.languages)
every_email = pytest.mark.parametrize(
    ("language", "template", "context"),
    [sample for sample in samples if channel_of(sample[1]) is Channel.EMAIL],
)
every_sms = pytest.mark.parametrize(
    ("language", "template", "context"),
    [sample for sample in samples if channel_of(sample[1]) is Channel.SMS],
)


@every_email
def test_every_email_exists_in_every_language_as_text_and_html(
    language: str, template: Template, context: Context
) -> None:
    email = renderer.email(template, context, language)

    assert email.subject
    assert context["given_names"] in email.text
    assert context["given_names"] in email.html
    assert f'<html lang="{language}">' in email.html
    assert "{{" not in email.text + email.html


@every_email
def test_names_with_markup_stay_text(language: str, template: Template, context: Context) -> None:
    hostile = dict.fromkeys(context, '<b>Ana</b> & "Luz"')

    email = renderer.email(template, hostile, language)

    assert "<b>Ana" not in email.html
    assert "&lt;b&gt;Ana&lt;/b&gt; &amp; &#34;Luz&#34;" in email.html
    assert '<b>Ana</b> & "Luz"' in email.text


def test_a_line_break_in_a_name_starts_no_header() -> None:
    context = {"given_names": "Ana\r\nBcc: everyone@example.org"}

    email = renderer.email(Template.PROMOTED, context, "es")

    assert email.subject == "Ana Bcc: everyone@example.org, ya puede solicitar su crédito"


def test_the_activation_link_and_its_expiry_are_in_both_parts() -> None:
    context = {"given_names": "Ana", "link": LINK, "expires": "el viernes"}

    email = renderer.email(Template.ACTIVATION, context, "es")

    assert email.subject == "Ana, active su cuenta en Vínculo"
    assert LINK in email.text
    assert f'href="{LINK}"' in email.html
    assert "vence el el viernes" in email.text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "es",
            (
                "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión para solicitar "
                "su crédito."
            ),
        ),
        (
            "en",
            (
                "Registration successful. Your account has been created and you can sign in to "
                "apply for your credit."
            ),
        ),
    ],
)
def test_a_promoted_person_reads_that_the_registration_succeeded(
    language: str, sentence: str
) -> None:
    email = renderer.email(Template.PROMOTED, {"given_names": "Ana"}, language)

    assert sentence in email.text
    assert sentence in email.html


def test_the_owner_warning_says_when_it_happened() -> None:
    context = {"given_names": "Ana", "happened": "Thursday"}

    email = renderer.email(Template.OWNER_WARNED, context, "en")

    assert "On Thursday someone tried" in email.text
    assert "<strong>Thursday</strong>" in email.html


def test_a_variable_without_a_value_fails(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES, tmp_path / "templates")
    (folder / "es" / "promoted.txt").write_text("{{ surnames }}", encoding="utf-8")
    incomplete = Renderer(
        brand="Vínculo", public_url=PUBLIC_URL, languages=["es"], templates=folder
    )

    with pytest.raises(UndefinedError, match="surnames"):
        incomplete.email(Template.PROMOTED, {"given_names": "Ana"}, "es")


def test_a_language_that_lacks_a_template_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES, tmp_path / "templates")
    copytree(folder / "es", folder / "pt")
    (folder / "pt" / "promoted.txt").unlink()
    (folder / "pt" / "phone-code.sms.txt").unlink()

    with pytest.raises(IncompleteTemplatesError, match=r"pt/promoted.txt, pt/phone-code.sms.txt"):
        Renderer(brand="Vínculo", public_url=PUBLIC_URL, languages=["es", "pt"], templates=folder)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", "jueves 5 de noviembre de 2026, 3:45 p. m., hora de Colombia"),
        ("en", "Thursday, November 5, 2026, 3:45 PM, Colombia Time"),
    ],
)
def test_moments_are_in_the_time_zone_of_the_deployment(language: str, expected: str) -> None:
    assert labels.moment(NOW, language) == expected


def test_every_attempt_has_the_same_message_id() -> None:
    first, second = (
        mime_message(
            EMAIL,
            message_id=UUID(int=5),
            sender="Vínculo <no-reply@credito.example>",
            to="ana@example.org",
            language="es",
            now=moment,
        )
        for moment in (NOW, NOW.replace(hour=23))
    )

    assert first["Message-ID"] == f"<{UUID(int=5)}@credito.example>"
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_content_type() for part in first.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize(
    "address", ["", "nobody", "josé@example.org", "a b@example.org", "a@example.org\r\nBcc: b@c"]
)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        mime_message(
            EMAIL,
            message_id=UUID(int=5),
            sender="no-reply@credito.example",
            to=address,
            language="es",
            now=NOW,
        )


def test_an_international_domain_is_written_in_punycode() -> None:
    assert ascii_domain("ana@montaña.example") == "ana@xn--montaa-0wa.example"
    assert ascii_domain("ana@example.org") == "ana@example.org"


@every_sms
def test_every_short_message_exists_in_every_language_and_fits_two_parts(
    language: str, template: Template, context: Context
) -> None:
    text = renderer.sms(template, context, language)

    assert text.startswith("Vínculo: ")
    assert "\n" not in text
    assert len(text) <= 2 * 67


def test_a_code_comes_with_the_time_when_it_expires() -> None:
    context = {"code": "012345", "expires": labels.time_of_day(NOW, "es")}

    text = renderer.sms(Template.PHONE_CODE, context, "es")

    assert text == "Vínculo: 012345 es su código. Vence a las 3:45 p. m. No lo comparta."


@every_language
def test_a_rejection_shows_the_reviewers_note_only_when_there_is_one(language: str) -> None:
    context = {"given_names": "Ana", "document": "x", "reason": "y"}

    without, with_note = (
        renderer.email(Template.DOCUMENT_REJECTED, {**context, "reviewer_note": note}, language)
        for note in ("", "más luz")
    )

    assert "más luz" in with_note.text
    assert "más luz" in with_note.html
    assert len(without.text.splitlines()) == len(with_note.text.splitlines()) - 1
    assert "<br>" in with_note.html
    assert "<br>" not in without.html.partition('class="card"')[2].partition("</td>")[0]


def test_every_template_has_a_context() -> None:
    assert {template for _, template, _ in samples} == set(Template)


@pytest.mark.parametrize("template", [Template.ACTIVATION, Template.PHONE_CODE])
def test_a_message_with_a_link_or_code_needs_one(template: Template) -> None:
    contexts = ContextBuilder(link_key=bytes(32), public_url=PUBLIC_URL, labels=labels)
    trigger = NotificationTrigger(
        template=template, person_id=UUID(int=1), cause_event_id=UUID(int=2), happened_at=NOW
    )

    with pytest.raises(ValueError, match="needs a link"):
        contexts.context(trigger, given_names="Ana", reviewer_note="", language="es")


@every_language
def test_every_code_of_an_event_has_a_label_and_so_has_an_unknown_one(language: str) -> None:
    for kind in DocumentKind:
        assert labels.document(kind, language) != labels.document("unknown", language)
    label_functions: list[Callable[[str, str], str]] = [
        labels.document,
        labels.unusable_reason,
        labels.rejection_reason,
        labels.correction_refusal_reason,
    ]
    for label in label_functions:
        assert label("a-new-code", language)
    assert all(labels.next_step(step, language) for step in NextStep)


def test_a_third_language_needs_a_catalogue_and_templates_but_no_code(tmp_path: Path) -> None:
    spanish = CATALOGUE.messages["es"]
    portuguese = {**spanish, ("format", "babel-locale"): "pt_BR"}
    catalogue = Catalogue({**CATALOGUE.messages, "pt": portuguese})
    folder = copytree(TEMPLATES, tmp_path / "templates")
    copytree(folder / "es", folder / "pt")
    (folder / "pt" / "promoted.subject.txt").write_text("{{ given_names }}, já pode", "utf-8")
    translated = Renderer(
        brand="Vínculo", public_url=PUBLIC_URL, languages=catalogue.languages, templates=folder
    )

    written = write_previews(
        tmp_path / "previews",
        translated,
        Labels(catalogue, BOGOTA),
        public_url=PUBLIC_URL,
        now=NOW,
    )

    assert len([path for path in written if path.name.startswith("pt-")]) == len(written) // 3
    promoted = (tmp_path / "previews" / "pt-promoted.txt").read_text("utf-8")
    assert promoted.startswith("María Fernanda, já pode\n")
    activation = (tmp_path / "previews" / "pt-activation.txt").read_text("utf-8")
    assert "sexta-feira 6 de novembro de 2026" in activation


def test_the_sample_of_a_reminder_names_a_next_step() -> None:
    assert sample_trigger(Template.REMINDER, NOW).facts["next_step"] in set(NextStep)


def test_previews_of_all_messages_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "emails"

    written = write_previews(folder, renderer, labels, public_url=PUBLIC_URL, now=NOW)

    files_per_language = len(BY_SMS) + (len(Template) - len(BY_SMS)) * 2
    assert len(written) == files_per_language * len(CATALOGUE.languages)
    assert all(path.read_text(encoding="utf-8") for path in written)
