"""All packages have the same languages, messages and placeholders; a difference is found."""

from pathlib import Path

from vinculo.checks.translations import locale_folders, translation_problems

ROOT = Path(__file__).parents[3]
TEXTS = {"greeting": "Hola, {name}", "end": "Fin"}


def write_language(root: Path, member: str, language: str, texts: dict[str, str]) -> None:
    folder = root / member / "src" / "vinculo" / Path(member).name / "locale"
    folder.mkdir(parents=True, exist_ok=True)
    entries = [f'msgctxt "page"\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in texts.items()]
    (folder / f"{language}.po").write_text("\n".join(['msgid ""\nmsgstr ""\n', *entries]))


def complete(root: Path) -> None:
    for member in ("libs/forms", "services/lending"):
        for language in ("es", "en"):
            write_language(root, member, language, TEXTS)


def test_the_catalogues_of_this_repository_are_complete() -> None:
    assert translation_problems(ROOT) == []
    assert len(locale_folders(ROOT)) >= 5


def test_complete_catalogues_have_no_problem(tmp_path: Path) -> None:
    complete(tmp_path)

    assert translation_problems(tmp_path) == []


def test_a_missing_key_and_a_missing_placeholder_are_found(tmp_path: Path) -> None:
    complete(tmp_path)
    write_language(tmp_path, "libs/forms", "en", {"greeting": "Hello"})

    assert translation_problems(tmp_path) == [
        "libs/forms/src/vinculo/forms/locale: en lacks page/end",
        "libs/forms/src/vinculo/forms/locale: en lacks {name} in page/greeting",
    ]


def test_a_message_with_two_texts_is_found(tmp_path: Path) -> None:
    complete(tmp_path)
    [file] = tmp_path.glob("libs/forms/**/en.po")
    file.write_text(file.read_text() + '\nmsgctxt "page"\nmsgid "end"\nmsgstr "The end"\n')

    assert translation_problems(tmp_path) == [
        "libs/forms/src/vinculo/forms/locale: en repeats page/end"
    ]


def test_a_language_that_one_package_lacks_is_found(tmp_path: Path) -> None:
    complete(tmp_path)
    write_language(tmp_path, "services/lending", "pt", TEXTS)

    assert translation_problems(tmp_path) == ["libs/forms/src/vinculo/forms/locale: has no pt.po"]


def test_a_folder_without_languages_lacks_all(tmp_path: Path) -> None:
    complete(tmp_path)
    (tmp_path / "tools" / "demo" / "src" / "vinculo" / "demo" / "locale").mkdir(parents=True)

    assert translation_problems(tmp_path) == [
        "tools/demo/src/vinculo/demo/locale: has no en.po",
        "tools/demo/src/vinculo/demo/locale: has no es.po",
    ]
