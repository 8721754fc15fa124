"""Catalogues: placeholders, fallbacks, and messages that a language lacks."""

from pathlib import Path

import pytest

from vinculo.translation import Catalogue, IncompleteCatalogueError, load_catalogue
from vinculo.translation.catalogue import catalogue_problems, read_catalogue

GREETINGS = Catalogue(
    {
        "es": {("page", "greeting"): "Hola, {name}", ("page", "end"): "Fin"},
        "en": {("page", "greeting"): "Hello, {name}", ("page", "end"): "End"},
    }
)


def write_language(folder: Path, language: str, messages: dict[tuple[str, str], str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        f'msgctxt "{context}"\nmsgid "{key}"\nmsgstr "{text}"\n'
        for (context, key), text in messages.items()
    ]
    (folder / f"{language}.po").write_text("\n".join(['msgid ""\nmsgstr ""\n', *entries]))


def test_placeholders_are_filled_in() -> None:
    assert GREETINGS.text("page", "greeting", "en", name="Ana") == "Hello, Ana"


def test_an_unknown_language_has_the_default_messages() -> None:
    assert GREETINGS.text("page", "end", "pt") == "Fin"
    assert GREETINGS.languages == ("es", "en")


def test_an_unknown_key_is_none_or_an_error() -> None:
    assert GREETINGS.find("page", "unknown", "es") is None
    with pytest.raises(KeyError, match="page/unknown"):
        GREETINGS.text("page", "unknown", "es")


def test_messages_of_the_fallback_are_used_for_missing_keys() -> None:
    own = Catalogue({"es": {("page", "end"): "Se acabó"}, "en": {("page", "end"): "Over"}})
    messages = own.with_fallback(GREETINGS)

    assert messages.text("page", "end", "es") == "Se acabó"
    assert messages.text("page", "greeting", "es", name="Ana") == "Hola, Ana"
    assert messages.keys("page") == ["end", "greeting"]


def test_a_third_language_is_one_more_file(tmp_path: Path) -> None:
    messages = {("page", "end"): "Fim"}
    for language in ("es", "en", "pt"):
        write_language(tmp_path, language, messages)
    catalogue = read_catalogue(tmp_path)

    assert catalogue.languages == ("es", "en", "pt")
    assert catalogue_problems(catalogue) == []


def test_missing_keys_and_placeholders_are_found(tmp_path: Path) -> None:
    write_language(tmp_path, "es", {("page", "greeting"): "Hola, {name}", ("page", "end"): "Fin"})
    write_language(tmp_path, "en", {("page", "greeting"): "Hello"})

    assert catalogue_problems(read_catalogue(tmp_path)) == [
        "en lacks page/end",
        "en lacks {name} in page/greeting",
    ]


def test_a_package_with_an_incomplete_catalogue_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "incomplete_texts"
    write_language(package / "locale", "es", {("page", "end"): "Fin"})
    write_language(package / "locale", "en", {})
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(IncompleteCatalogueError, match="en lacks page/end"):
        load_catalogue("incomplete_texts")
