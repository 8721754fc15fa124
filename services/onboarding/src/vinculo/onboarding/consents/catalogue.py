"""The catalogue of consent texts that ships with the package.

A file is named `<purpose>.<version>.<locale>.txt`. A text that was published is never changed: its
hash is in events. A new wording is a new version.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from vinculo.onboarding.domain.step_events import (
    ConsentPurpose,
    Locale,
)

REQUIRED = frozenset({ConsentPurpose.PERSONAL_DATA})


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


def shipped_consents() -> ConsentCatalogue:
    texts = []
    for file in files("vinculo.onboarding.consents").joinpath("texts").iterdir():
        purpose, version, locale, _ = file.name.split(".")
        text = ConsentText(
            purpose=ConsentPurpose(purpose),
            version=version,
            locale=Locale(locale),
            text=file.read_text(encoding="utf-8").strip(),
        )
        texts.append(text)
    return ConsentCatalogue(texts)
