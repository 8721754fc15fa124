"""A message's words from a template, a language and what happened.

Every variable is required: a template that asks for one nobody gave fails, rather than greet
someone by an empty name.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.rendering.context import TEMPLATE_OF, MailWords, TextWords, Words

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
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

    def mail(self, words: MailWords, locale: Locale) -> RenderedEmail:
        """Raise jinja2.UndefinedError when a template asks for what `words` does not have."""
        name, values = self._of(words, locale)
        # A line break in a name would end the header and begin another one.
        subject = _one_line(self._fill(f"{name}.subject.txt", values))
        return RenderedEmail(
            subject=subject,
            text=self._fill(f"{name}.txt", values),
            html=self._fill(f"{name}.html", {**values, "subject": subject}),
        )

    def text(self, words: TextWords, locale: Locale) -> str:
        """Give a short message; raise like `mail`."""
        name, values = self._of(words, locale)
        return _one_line(self._fill(f"{name}.sms.txt", values))

    def _of(self, words: Words, locale: Locale) -> tuple[str, dict[str, str]]:
        name = f"{locale.value}/{TEMPLATE_OF[type(words)].value}"
        return name, {**self._everywhere, **asdict(words), "locale": locale.value}

    def _fill(self, name: str, values: dict[str, str]) -> str:
        return self._environment.get_template(name).render(values)


def _one_line(text: str) -> str:
    return " ".join(text.split())
