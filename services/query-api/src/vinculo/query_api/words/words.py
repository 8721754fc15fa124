"""A text in both languages."""

from typing import NamedTuple

from vinculo.translation import Language


class Words(NamedTuple):
    es: str
    en: str

    def said(self, language: Language) -> str:
        return self.en if language == "en" else self.es
