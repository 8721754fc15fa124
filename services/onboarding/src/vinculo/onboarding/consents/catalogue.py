"""The catalogue of consent texts: those that ship with the package, or a lender's own.

A file is named `<purpose>.<version>.<locale>.txt`. A text that was published is never changed: its
hash is in events. A new wording is a new version.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.application import Locale

REQUIRED = frozenset({ConsentPurpose.PERSONAL_DATA})
NAME: Final = re.compile(
    rf"(?P<purpose>{'|'.join(ConsentPurpose)})\.(?P<version>[A-Za-z0-9_-]{{1,40}})"
    rf"\.(?P<locale>{'|'.join(Locale)})\.txt"
)


class ConsentTextsRefused(ValueError):
    """The texts cannot be used; the message is one line that names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    purpose: ConsentPurpose
    version: str
    locale: Locale
    text: str

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def required(self) -> bool:
        return self.purpose in REQUIRED


class ConsentCatalogue:
    def __init__(self, texts: list[ConsentText]) -> None:
        self._texts = {(text.purpose, text.version, text.locale): text for text in texts}

    def find(self, purpose: ConsentPurpose, version: str, locale: Locale) -> ConsentText | None:
        return self._texts.get((purpose, version, locale))

    def current(self, locale: Locale) -> list[ConsentText]:
        """The newest version of each purpose; versions sort by their names."""
        newest: dict[ConsentPurpose, ConsentText] = {}
        for text in sorted(self._texts.values(), key=lambda text: text.version):
            if text.locale is locale:
                newest[text.purpose] = text
        return [newest[purpose] for purpose in ConsentPurpose if purpose in newest]


def read_consents(folder: Path | None) -> ConsentCatalogue:
    """Take the texts shipped with the package when no folder is given."""
    place = files("vinculo.onboarding.consents").joinpath("texts") if folder is None else folder
    try:
        texts = [
            _text(file.name, file.read_text("utf-8"))
            for file in place.iterdir()
            if not file.name.startswith(".")
        ]
    except OSError as error:
        raise ConsentTextsRefused(f"{folder}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConsentTextsRefused(f"{folder}: a text is not in UTF-8") from None
    locales: dict[tuple[ConsentPurpose, str], set[Locale]] = {}
    for text in texts:
        locales.setdefault((text.purpose, text.version), set()).add(text.locale)
    for (purpose, version), found in locales.items():
        if missing := set(Locale) - found:
            raise ConsentTextsRefused(f"{purpose}.{version} is missing in {missing.pop()}")
    for purpose in ConsentPurpose:
        if purpose not in {known for known, _ in locales}:
            raise ConsentTextsRefused(f"there is no text for {purpose}")
    return ConsentCatalogue(texts)


def _text(name: str, content: str) -> ConsentText:
    named = NAME.fullmatch(name)
    if named is None:
        raise ConsentTextsRefused(f"{name} is not named <purpose>.<version>.<locale>.txt")
    if not content.strip():
        raise ConsentTextsRefused(f"{name} is empty")
    return ConsentText(
        purpose=ConsentPurpose(named["purpose"]),
        version=named["version"],
        locale=Locale(named["locale"]),
        text=content.strip(),
    )
