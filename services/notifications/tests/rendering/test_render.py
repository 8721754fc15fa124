"""Every message in every language."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from vinculo.notifications.domain.message import (
    Channel,
    Template,
    channel_of,
)
from vinculo.notifications.rendering.context import ABOUT_DOCUMENTS, Context
from vinculo.notifications.rendering.gsm_characters import (
    BASIC,
    EXTENDED,
    SEGMENT_LENGTH,
    segment_length,
)
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.preview import sample_contexts, sample_entries
from vinculo.notifications.rendering.render import (
    COLLECTING_FORMS,
    TEMPLATES,
    IncompleteTemplatesError,
    Renderer,
)
from vinculo.translation import load_catalogue

APP_URL = "https://credito.example"
BRAND_LENGTH = 40
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
LINK = f"{APP_URL}/activate#0198.token"
CATALOGUE = load_catalogue("vinculo.notifications")
renderer = Renderer(brand="Vínculo", languages=CATALOGUE.languages)
labels = Labels(CATALOGUE, BOGOTA)
samples = [
    (language, template, context)
    for language in CATALOGUE.languages
    for template, context in sample_contexts(labels, language, app_url=APP_URL, now=NOW)
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


@every_email
def test_a_name_stands_in_no_subject(language: str, template: Template, context: Context) -> None:
    advertised = {**context, "given_names": "Gane un premio"}

    assert "Gane un premio" not in renderer.email(template, advertised, language).subject


def test_a_template_with_a_name_in_its_subject_is_refused(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES, tmp_path / "templates")
    (folder / "es" / "promoted.subject.txt").write_text("{{ given_names }}, ya puede", "utf-8")
    other = Renderer(brand="Vínculo", languages=["es"], templates=folder)

    with pytest.raises(UndefinedError, match="given_names"):
        other.email(Template.PROMOTED, {"given_names": "Ana", "page": APP_URL}, "es")


def test_a_line_break_in_a_subject_starts_no_header() -> None:
    other = Renderer(brand="Vínculo\r\nBcc: everyone@example.org", languages=["es"])
    context = {"given_names": "Ana", "link": LINK, "page": APP_URL, "expires": "el viernes"}

    email = other.email(Template.ACTIVATION, context, "es")

    assert email.subject == "Active su cuenta en Vínculo Bcc: everyone@example.org"


def test_the_activation_link_and_its_expiry_are_in_both_parts() -> None:
    context = {"given_names": "Ana", "link": LINK, "page": APP_URL, "expires": "el viernes"}

    email = renderer.email(Template.ACTIVATION, context, "es")

    assert email.subject == "Active su cuenta en Vínculo"
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
    email = renderer.email(Template.PROMOTED, {"given_names": "Ana", "page": APP_URL}, language)

    assert sentence in email.text
    assert sentence in email.html


def test_the_owner_warning_says_when_it_happened() -> None:
    context = {"given_names": "Ana", "page": APP_URL, "happened": "Thursday"}

    email = renderer.email(Template.OWNER_WARNED, context, "en")

    assert "On Thursday someone tried" in email.text
    assert "<strong>Thursday</strong>" in email.html


@every_language
def test_a_rejection_shows_the_reviewers_note_only_when_there_is_one(language: str) -> None:
    context = {"given_names": "Ana", "page": APP_URL, "document": "x", "reason": "y"}

    without, with_note = (
        renderer.email(Template.DOCUMENT_REJECTED, {**context, "reviewer_note": note}, language)
        for note in ("", "más luz")
    )

    assert "más luz" in with_note.text
    assert "más luz" in with_note.html
    assert len(without.text.splitlines()) == len(with_note.text.splitlines()) - 1
    assert "<br>" in with_note.html
    assert "<br>" not in without.html.partition('class="card"')[2].partition("</td>")[0]


@every_email
def test_every_email_has_a_button_to_its_page(
    language: str, template: Template, context: Context
) -> None:
    email = renderer.email(template, context, language)
    address = context.get("link", context["page"])

    assert f'href="{address}"' in email.html
    assert address in email.text.splitlines()


@every_sms
def test_every_short_message_fits_one_segment_with_the_longest_brand(
    language: str, template: Template, context: Context
) -> None:
    brand = "Cooperativa de Ahorro y Crédito Ñandú [X]"[:BRAND_LENGTH]
    longest = Renderer(brand=brand, languages=CATALOGUE.languages)

    text = longest.sms(template, context, language)

    assert text.startswith("Cooperativa de Ahorro y Crédito Ñandu")
    assert set(text) <= BASIC | EXTENDED
    assert segment_length(text) <= SEGMENT_LENGTH


def test_a_code_comes_with_the_time_when_it_expires() -> None:
    context = {"code": "012345", "expires": labels.time_of_day(NOW, "es")}

    text = renderer.sms(Template.PHONE_CODE, context, "es")

    assert text == "Vinculo: 012345 es su codigo. Vence a las 3:45 p. m. No lo comparta."


collecting = pytest.mark.parametrize(
    ("language", "template", "entries"),
    [
        (language, template, entries)
        for language in CATALOGUE.languages
        for template, entries in sample_entries(labels, language, app_url=APP_URL, now=NOW)
    ],
)


@collecting
def test_a_collecting_message_lists_every_entry(
    language: str, template: Template, entries: list[Context]
) -> None:
    """With its link or code and its own time; a link stands on a line of its own.

    News about documents have the document, the reason and the reviewer's note.
    """
    numbered = [
        {key: value if key == "template" else f"{value}#{n}" for key, value in entry.items()}
        for n, entry in enumerate(entries)
    ]
    if channel_of(template) is Channel.SMS:
        text = renderer.collecting_sms(template, numbered, language)
        assert all(f"{entry['code']}#{n}" in text for n, entry in enumerate(entries))
        return
    email = renderer.collecting_email(template, numbered, language)

    assert email.subject
    for entry in numbered:
        shown = {"happened", "document", "reason", "reviewer_note"} & entry.keys()
        assert shown
        for part in (email.text, email.html):
            assert all(entry[name] in part for name in shown)
        if "link" in entry:
            assert entry["link"] in email.text.splitlines()
            assert f'href="{entry["link"]}"' in email.html
    assert "{{" not in email.text + email.html


@collecting
def test_projects_with_markup_stay_text_in_collecting_messages(
    language: str, template: Template, entries: list[Context]
) -> None:
    hostile = [
        {**entry, "project": "<b>pilot</b>", "happened": "<i>", "reviewer_note": "<b>x</b>"}
        for entry in entries
    ]
    if channel_of(template) is Channel.EMAIL:
        html = renderer.collecting_email(template, hostile, language).html
        assert "<b>" not in html
        assert "<i>" not in html


def test_every_collected_template_has_a_sample() -> None:
    (samples_of_a_language, *_) = [
        sample_entries(labels, language, app_url=APP_URL, now=NOW)
        for language in CATALOGUE.languages
    ]
    forms = {COLLECTING_FORMS[template] for template, _ in samples_of_a_language}
    assert forms == set(COLLECTING_FORMS.values())
    listed = {
        entry["template"]
        for _, entries in samples_of_a_language
        for entry in entries
        if "template" in entry
    }
    assert listed == ABOUT_DOCUMENTS


def test_a_variable_without_a_value_fails(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES, tmp_path / "templates")
    (folder / "es" / "promoted.txt").write_text("{{ surnames }}", encoding="utf-8")
    incomplete = Renderer(brand="Vínculo", languages=["es"], templates=folder)

    with pytest.raises(UndefinedError, match="surnames"):
        incomplete.email(Template.PROMOTED, {"given_names": "Ana"}, "es")


def test_a_language_that_lacks_a_template_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES, tmp_path / "templates")
    copytree(folder / "es", folder / "pt", dirs_exist_ok=True)
    (folder / "pt" / "promoted.txt").unlink()
    (folder / "pt" / "phone-code.sms.txt").unlink()

    with pytest.raises(IncompleteTemplatesError, match=r"pt/promoted.txt, pt/phone-code.sms.txt"):
        Renderer(brand="Vínculo", languages=["es", "pt"], templates=folder)
