"""Labels for the codes of events, and dates, in the language of a message.

All texts and formats are in the message catalogue, so a language is added without code.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time

from vinculo.translation import Catalogue, Language

DOCUMENT: Final = "document"
UNUSABLE: Final = "unusable-reason"
REJECTED: Final = "rejection-reason"
CORRECTION_REFUSED: Final = "correction-refusal-reason"
CLAIM_REFUSED: Final = "claim-refusal-reason"
NEXT_STEP: Final = "next-step"
FORMAT: Final = "format"
UNKNOWN: Final = "unknown"
"""The key for codes without a label; documents and reasons have one."""

_NARROW_SPACES: Final = str.maketrans("\u202f\u00a0", "  ")


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels are phrases within a sentence, except next steps, which are whole sentences."""

    catalogue: Catalogue
    zone: ZoneInfo

    def document(self, kind: str, language: Language) -> str:
        return self._label(DOCUMENT, kind, language)

    def unusable_reason(self, code: str, language: Language) -> str:
        return self._label(UNUSABLE, code, language)

    def rejection_reason(self, code: str, language: Language) -> str:
        return self._label(REJECTED, code, language)

    def correction_refusal_reason(self, code: str, language: Language) -> str:
        return self._label(CORRECTION_REFUSED, code, language)

    def claim_refusal_reason(self, code: str, language: Language) -> str:
        return self._label(CLAIM_REFUSED, code, language)

    def next_step(self, step: str, language: Language) -> str:
        return self.catalogue.text(NEXT_STEP, step, language)

    def moment(self, moment: datetime, language: Language) -> str:
        """Weekday, date, time and the everyday name of the time zone."""
        text = format_datetime(
            moment,
            self._format("moment", language),
            tzinfo=self.zone,
            locale=self._format("babel-locale", language),
        )
        return text.translate(_NARROW_SPACES)

    def time_of_day(self, moment: datetime, language: Language) -> str:
        text = format_time(
            moment,
            self._format("time", language),
            tzinfo=self.zone,
            locale=self._format("babel-locale", language),
        )
        return text.translate(_NARROW_SPACES)

    def _label(self, context: str, code: str, language: Language) -> str:
        label = self.catalogue.find(context, code, language)
        return self.catalogue.text(context, UNKNOWN, language) if label is None else label

    def _format(self, key: str, language: Language) -> str:
        return self.catalogue.text(FORMAT, key, language)
