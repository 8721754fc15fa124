"""Message catalogues, read from `locale/<language>.po` of a package.

A message has a context, such as `problem`, and a key, which is a stable code and not an English
sentence. So English has a file like every other language, and a language is added by adding a file.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, TypeAlias

from babel.messages.pofile import read_po

Language: TypeAlias = str
"""A language code such as `es`, the name of a catalogue's file."""
DEFAULT_LANGUAGE: Final[Language] = "es"
FOLDER: Final = "locale"

MessageKey: TypeAlias = tuple[str, str]
"""Context and key."""


class IncompleteCatalogueError(ValueError):
    """A language lacks a message, or a placeholder in it, that another language has."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one package in all its languages."""

    messages: Mapping[Language, Mapping[MessageKey, str]]

    @property
    def languages(self) -> tuple[Language, ...]:
        """The default language first."""
        others = sorted(self.messages.keys() - {DEFAULT_LANGUAGE})
        return (DEFAULT_LANGUAGE, *others)

    def find(self, context: str, key: str, language: Language) -> str | None:
        """The message in the language, or else in the default one; None for an unknown key."""
        message = (context, key)
        text = self.messages.get(language, {}).get(message)
        return self.messages[DEFAULT_LANGUAGE].get(message) if text is None else text

    def text(self, context: str, key: str, language: Language, **values: object) -> str:
        """The message with its `{placeholders}` filled in.

        Raises:
            KeyError: no message has this context and key, or a placeholder's value is missing.

        """
        template = self.find(context, key, language)
        if template is None:
            raise KeyError(f"no message {context}/{key}")
        return template.format_map(values) if values else template

    def label(self, context: str, code: str, language: Language) -> str:
        """The message for a code; the code itself if there is none, as for a later version's."""
        return self.find(context, code, language) or code

    def keys(self, context: str) -> list[str]:
        """The keys of a context, in alphabetical order."""
        return sorted(key for found, key in self.messages[DEFAULT_LANGUAGE] if found == context)

    def with_fallback(self, other: "Catalogue") -> "Catalogue":
        """A catalogue with these messages, and those of the other one for missing keys."""
        return Catalogue(
            {
                language: {**other.messages.get(language, {}), **self.messages.get(language, {})}
                for language in {*self.messages, *other.messages}
            }
        )


@cache
def load_catalogue(package: str) -> Catalogue:
    """The catalogue of a package, read once.

    Raises:
        IncompleteCatalogueError: the languages do not have the same messages.

    """
    catalogue = read_catalogue(files(package) / FOLDER)
    if problems := catalogue_problems(catalogue):
        raise IncompleteCatalogueError(f"{package}: " + "; ".join(problems))
    return catalogue


def read_catalogue(folder: Traversable) -> Catalogue:
    """The catalogue of all `<language>.po` files of a folder; they are not compared."""
    return Catalogue(
        {
            file.name.removesuffix(".po"): _read_language(file)
            for file in sorted(folder.iterdir(), key=lambda file: file.name)
            if file.name.endswith(".po")
        }
    )


def catalogue_problems(catalogue: Catalogue) -> list[str]:
    """Messages and placeholders that a language lacks: `en lacks problem/not-found`."""
    placeholders: dict[MessageKey, set[str]] = {}
    for messages in catalogue.messages.values():
        for key, text in messages.items():
            placeholders.setdefault(key, set()).update(_placeholders(text))
    problems = []
    for language, messages in catalogue.messages.items():
        for key, names in sorted(placeholders.items()):
            name = "/".join(key)
            if not messages.get(key):
                problems.append(f"{language} lacks {name}")
            elif missing := names - set(_placeholders(messages[key])):
                problems.append(f"{language} lacks {{{', '.join(sorted(missing))}}} in {name}")
    return problems


def _read_language(file: Traversable) -> dict[MessageKey, str]:
    with file.open("rb") as stream:
        catalog = read_po(stream)
    return {
        (message.context or "", str(message.id)): str(message.string)
        for message in catalog
        if message.id
    }


def _placeholders(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(text) if name)
