"""A message's subject, text and HTML, from a template, a language and what happened.

Every variable is required: a template that asks for one nobody gave fails, rather than greet
someone by an empty name.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vinculo.notifications.domain.message import Locale, Template

TEMPLATES = Path(__file__).parent / "templates"

MOMENT_PATTERNS = {
    Locale.SPANISH: ("es_CO", "EEEE d 'de' MMMM 'de' y, h:mm a, vvvv"),
    Locale.ENGLISH: ("en_US", "EEEE, MMMM d, y, h:mm a, vvvv"),
}
NARROW_SPACES = str.maketrans("\u202f\u00a0", "  ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationWords:
    """`expires` is a moment in words."""

    given_names: str
    link: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerWarnedWords:
    """`happened` is a moment in words."""

    given_names: str
    happened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedWords:
    given_names: str


Words = ActivationWords | OwnerWarnedWords | PromotedWords

TEMPLATE_OF: dict[type[Words], Template] = {
    ActivationWords: Template.ACTIVATION,
    OwnerWarnedWords: Template.OWNER_WARNED,
    PromotedWords: Template.PROMOTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    subject: str
    text: str
    html: str


class Renderer:
    """`brand` is the lender's name as people know it, `public_url` where its pages are."""

    def __init__(self, *, brand: str, public_url: str, templates: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(enabled_extensions=("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._everywhere = {"brand": brand, "public_url": public_url}

    def render(self, words: Words, locale: Locale) -> Mail:
        """Raise jinja2.UndefinedError when a template asks for what `words` does not have."""
        name = f"{locale.value}/{TEMPLATE_OF[type(words)].value}"
        values = {**self._everywhere, **asdict(words), "locale": locale.value}
        # A line break in a name would end the header and begin another one.
        subject = " ".join(self._fill(f"{name}.subject.txt", values).split())
        return Mail(
            subject=subject,
            text=self._fill(f"{name}.txt", values),
            html=self._fill(f"{name}.html", {**values, "subject": subject}),
        )

    def _fill(self, name: str, values: dict[str, str]) -> str:
        return self._environment.get_template(name).render(values)


def moment_in_words(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Weekday, date, time and the zone's everyday name, in the language of the message."""
    babel_locale, pattern = MOMENT_PATTERNS[locale]
    words = format_datetime(moment, pattern, tzinfo=zone, locale=babel_locale)
    return words.translate(NARROW_SPACES)
