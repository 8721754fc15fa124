"""Previews of all messages, also in a language that was added."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from zoneinfo import ZoneInfo

from vinculo.notifications.domain.application_progress import NextStep
from vinculo.notifications.domain.message import (
    BY_SMS,
    Template,
)
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.preview import sample_contexts, sample_trigger, write_previews
from vinculo.notifications.rendering.render import (
    COLLECTING_FORMS,
    TEMPLATES,
    Renderer,
)
from vinculo.translation import Catalogue, load_catalogue

APP_URL = "https://credito.example"
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
CATALOGUE = load_catalogue("vinculo.notifications")
renderer = Renderer(brand="Vínculo", languages=CATALOGUE.languages)
labels = Labels(CATALOGUE, BOGOTA)
samples = [
    (language, template, context)
    for language in CATALOGUE.languages
    for template, context in sample_contexts(labels, language, app_url=APP_URL, now=NOW)
]


def test_every_template_has_a_context() -> None:
    assert {template for _, template, _ in samples} == set(Template)


def test_the_sample_of_a_reminder_names_a_next_step() -> None:
    assert sample_trigger(Template.REMINDER, NOW).facts["next_step"] in set(NextStep)


def test_previews_of_all_messages_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "emails"

    written = write_previews(folder, renderer, labels, app_url=APP_URL, now=NOW)

    collecting = {form: template for template, form in COLLECTING_FORMS.items()}
    names = [*Template, *collecting.values()]
    files_per_language = sum(1 if name in BY_SMS else 2 for name in names)
    assert len(written) == files_per_language * len(CATALOGUE.languages)
    assert all(path.read_text(encoding="utf-8") for path in written)


def test_a_third_language_needs_a_catalogue_and_templates_but_no_code(tmp_path: Path) -> None:
    spanish = CATALOGUE.messages["es"]
    portuguese = {**spanish, ("format", "babel-locale"): "pt_BR"}
    catalogue = Catalogue({**CATALOGUE.messages, "pt": portuguese})
    folder = copytree(TEMPLATES, tmp_path / "templates")
    copytree(folder / "es", folder / "pt", dirs_exist_ok=True)
    (folder / "pt" / "promoted.subject.txt").write_text("Você já pode", "utf-8")
    translated = Renderer(brand="Vínculo", languages=catalogue.languages, templates=folder)

    written = write_previews(
        tmp_path / "previews",
        translated,
        Labels(catalogue, BOGOTA),
        app_url=APP_URL,
        now=NOW,
    )

    assert len([path for path in written if path.name.startswith("pt-")]) == len(written) // len(
        catalogue.languages
    )
    promoted = (tmp_path / "previews" / "pt-promoted.txt").read_text("utf-8")
    assert promoted.startswith("Você já pode\n")
    activation = (tmp_path / "previews" / "pt-activation.txt").read_text("utf-8")
    assert "sexta-feira 6 de novembro de 2026" in activation
