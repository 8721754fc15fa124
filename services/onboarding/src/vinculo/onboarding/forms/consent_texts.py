"""The consent texts: those shipped with the package, or a lender's own.

A file is named `<purpose>.<version>.<locale>.txt`. A published text must never change, because its
hash is in events: a new wording is a new version.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.forms.fields import LANGUAGES

REQUIRED_PURPOSES: Final = frozenset({ConsentPurpose.PERSONAL_DATA})
FILE_NAME: Final = re.compile(
    rf"(?P<purpose>{'|'.join(ConsentPurpose)})\.(?P<version>[A-Za-z0-9_-]{{1,40}})"
    rf"\.(?P<locale>{'|'.join(LANGUAGES)})\.txt"
)


class ConsentTextsError(ValueError):
    """The texts cannot be used; the message is one line that names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    purpose: ConsentPurpose
    version: str
    locale: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def required(self) -> bool:
        return self.purpose in REQUIRED_PURPOSES


class ConsentCatalogue:
    def __init__(self, texts: list[ConsentText]) -> None:
        self._texts = {(text.purpose, text.version, text.locale): text for text in texts}

    def find(self, purpose: ConsentPurpose, version: str, locale: str) -> ConsentText | None:
        return self._texts.get((purpose, version, locale))

    def current(self, locale: str) -> list[ConsentText]:
        """The newest version of each purpose; versions are sorted by name."""
        newest: dict[ConsentPurpose, ConsentText] = {}
        for text in sorted(self._texts.values(), key=lambda text: text.version):
            if text.locale == locale:
                newest[text.purpose] = text
        return [newest[purpose] for purpose in ConsentPurpose if purpose in newest]


def read_consent_texts(folder: Path | None) -> ConsentCatalogue:
    """The texts of the folder, else those shipped with the package.

    Raises:
        ConsentTextsError: a text is unreadable, or missing in a language.

    """
    source = files("vinculo.onboarding") / "consent_texts" if folder is None else folder
    try:
        texts = [
            _read_text(file.name, file.read_text("utf-8"))
            for file in source.iterdir()
            if not file.name.startswith(".")
        ]
    except OSError as error:
        raise ConsentTextsError(f"{folder}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConsentTextsError(f"{folder}: a text is not in UTF-8") from None
    _require_complete(texts)
    return ConsentCatalogue(texts)


def _require_complete(texts: list[ConsentText]) -> None:
    languages: dict[tuple[ConsentPurpose, str], set[str]] = {}
    for text in texts:
        languages.setdefault((text.purpose, text.version), set()).add(text.locale)
    for (purpose, version), found in languages.items():
        if missing := [language for language in LANGUAGES if language not in found]:
            raise ConsentTextsError(f"{purpose}.{version} is missing in {missing[0]}")
    for purpose in ConsentPurpose:
        if purpose not in {known for known, _ in languages}:
            raise ConsentTextsError(f"there is no text for {purpose}")


def _read_text(name: str, content: str) -> ConsentText:
    match = FILE_NAME.fullmatch(name)
    if match is None:
        raise ConsentTextsError(f"{name} is not named <purpose>.<version>.<locale>.txt")
    if not content.strip():
        raise ConsentTextsError(f"{name} is empty")
    return ConsentText(
        purpose=ConsentPurpose(match["purpose"]),
        version=match["version"],
        locale=match["locale"],
        text=content.strip(),
    )
