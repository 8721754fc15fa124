"""Renders e-mails and short messages from `templates/<language>/<template>`.

Every variable is required: a template with an unknown one fails, rather than greet a person by an
empty name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vinculo.notifications.domain.message import Channel, Template, channel_of
from vinculo.notifications.rendering.context import Context
from vinculo.notifications.rendering.gsm_characters import in_gsm_characters
from vinculo.translation import Language

TEMPLATES: Final = Path(__file__).parent / "templates"
EMAIL_SUFFIXES: Final = (".subject.txt", ".txt", ".html")
SMS_SUFFIX: Final = ".sms.txt"
DOCUMENTS: Final = "documents-several"
COLLECTING_FORMS: Final[Mapping[Template, str]] = {
    **{
        template: f"{template.value}-several"
        for template in (
            Template.ACTIVATION,
            Template.CONTACT_CHANGE,
            Template.OWNER_WARNED,
            Template.PASSWORD_RESET,
            Template.PHONE_CODE,
            Template.PHONE_CHANGE_CODE,
        )
    },
    Template.DOCUMENT_UNUSABLE: DOCUMENTS,
    Template.DOCUMENT_REJECTED: DOCUMENTS,
    Template.DOCUMENT_DEMANDED: DOCUMENTS,
}
"""The form that lists several messages to one address, of the templates that have one."""


class IncompleteTemplatesError(ValueError):
    """A language lacks the template of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
    subject: str
    text: str
    html: str


class Renderer:
    """`brand` is the lender's name for its customers.

    Raise IncompleteTemplatesError when one of the languages lacks a template: better at the start
    of the process than for a message that would be tried again and again.
    """

    def __init__(
        self,
        *,
        brand: str,
        languages: Iterable[Language],
        templates: Path = TEMPLATES,
    ) -> None:
        if missing := missing_templates(templates, languages):
            raise IncompleteTemplatesError(f"missing templates: {', '.join(missing)}")
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(enabled_extensions=("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._globals = {"brand": brand}

    def email(self, template: Template, context: Context, language: Language) -> RenderedEmail:
        """Raise jinja2.UndefinedError when the template needs a value that `context` lacks.

        The subject is filled without the person's name, which anyone may have chosen to advertise
        something to a stranger's address.
        """
        return self._email(f"{language}/{template.value}", context, language)

    def collecting_email(
        self, template: Template, entries: Sequence[Context], language: Language
    ) -> RenderedEmail:
        """One e-mail that lists several; raises like `email`."""
        name = f"{language}/{COLLECTING_FORMS[template]}"
        return self._email(name, {"entries": entries}, language)

    def _email(self, name: str, context: Mapping[str, object], language: Language) -> RenderedEmail:
        values = {**self._globals, **context, "language": language}
        nameless = {key: value for key, value in values.items() if key != "given_names"}
        subject = _one_line(self._fill(f"{name}.subject.txt", nameless))
        return RenderedEmail(
            subject=subject,
            text=self._fill(f"{name}.txt", values),
            html=self._fill(f"{name}.html", {**values, "subject": subject}),
        )

    def sms(self, template: Template, context: Context, language: Language) -> str:
        """The text of a short message in GSM characters; raises like `email`."""
        return self._sms(f"{language}/{template.value}", context, language)

    def collecting_sms(
        self, template: Template, entries: Sequence[Context], language: Language
    ) -> str:
        """One short message that lists several; raises like `email`."""
        name = f"{language}/{COLLECTING_FORMS[template]}"
        return self._sms(name, {"entries": entries}, language)

    def _sms(self, name: str, context: Mapping[str, object], language: Language) -> str:
        values = {**self._globals, **context, "language": language}
        return in_gsm_characters(_one_line(self._fill(f"{name}{SMS_SUFFIX}", values)))

    def _fill(self, name: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(name).render(values)


def missing_templates(templates: Path, languages: Iterable[Language]) -> list[str]:
    """The files, relative to `templates`, that these languages lack."""
    names = [f"{template.value}{suffix}" for template in Template for suffix in _suffixes(template)]
    names += [
        f"{form}{suffix}"
        for form, template in {
            form: template for template, form in COLLECTING_FORMS.items()
        }.items()
        for suffix in _suffixes(template)
    ]
    paths = [f"{language}/{name}" for language in languages for name in names]
    return [path for path in dict.fromkeys(paths) if not (templates / path).is_file()]


def _suffixes(template: Template) -> tuple[str, ...]:
    return EMAIL_SUFFIXES if channel_of(template) is Channel.EMAIL else (SMS_SUFFIX,)


def _one_line(text: str) -> str:
    return " ".join(text.split())
