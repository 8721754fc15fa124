"""All packages have the same languages, and all languages the same messages and placeholders."""

from pathlib import Path
from typing import Final

from vinculo.translation.catalogue import FOLDER, catalogue_problems, read_catalogue

MEMBERS: Final = ("contracts", "libs/*", "services/*", "tools/*", "deploy/*")


def translation_problems(root: Path) -> list[str]:
    """`folder: …` for each language, message or placeholder that a package lacks."""
    catalogues = {folder: read_catalogue(folder) for folder in locale_folders(root)}
    languages = {language for each in catalogues.values() for language in each.messages}
    problems = []
    for folder, catalogue in catalogues.items():
        name = folder.relative_to(root)
        missing = sorted(languages - catalogue.messages.keys())
        problems += [f"{name}: has no {language}.po" for language in missing]
        problems += [f"{name}: {problem}" for problem in catalogue_problems(catalogue)]
    return problems


def locale_folders(root: Path) -> list[Path]:
    """The catalogues' folders in the sources of all members."""
    return sorted(
        folder
        for pattern in MEMBERS
        for member in root.glob(pattern)
        for folder in (member / "src").rglob(FOLDER)
        if folder.is_dir()
    )
