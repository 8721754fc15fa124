"""All packages have the same languages, and all languages the same messages and placeholders.

No language has two texts for one message.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Final

from vinculo.translation.catalogue import FOLDER, catalogue_problems, read_catalogue

_KEY: Final = re.compile(r'^(?:msgctxt "(.*)"\n)?msgid "(.+)"$', re.MULTILINE)
MEMBERS: Final = ("contracts", "libs/*", "services/*", "tools/*", "deploy/*")


def translation_problems(root: Path) -> list[str]:
    """`folder: …` for each language, message or placeholder that a package lacks or repeats."""
    catalogues = {folder: read_catalogue(folder) for folder in locale_folders(root)}
    languages = {language for each in catalogues.values() for language in each.messages}
    problems = []
    for folder, catalogue in catalogues.items():
        name = folder.relative_to(root)
        missing = sorted(languages - catalogue.messages.keys())
        problems += [f"{name}: has no {language}.po" for language in missing]
        problems += [f"{name}: {problem}" for problem in catalogue_problems(catalogue)]
        problems += [f"{name}: {problem}" for problem in _repeated_messages(folder)]
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


def _repeated_messages(folder: Path) -> list[str]:
    """`en repeats problem/not-found`: gettext would use one of the texts."""
    return [
        f"{file.stem} repeats {'/'.join(key)}"
        for file in sorted(folder.glob("*.po"))
        for key, times in Counter(_KEY.findall(file.read_text("utf-8"))).items()
        if times > 1
    ]
