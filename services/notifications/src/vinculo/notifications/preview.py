"""Every message in every language as files to look at."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.rendering import (
    TEMPLATE_OF,
    ActivationWords,
    OwnerWarnedWords,
    PromotedWords,
    Renderer,
    Words,
    moment_in_words,
)

SAMPLE_NAMES = "María Fernanda"
SAMPLE_LINK = "00000000-0000-7000-8000-000000000000.a-token-of-no-use"


def write_previews(
    folder: Path, renderer: Renderer, *, public_url: str, zone: ZoneInfo, now: datetime
) -> list[Path]:
    """Write `<locale>-<template>.html` and `.txt` and give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for locale in Locale:
        for words in sample_words(locale, public_url=public_url, zone=zone, now=now):
            mail = renderer.render(words, locale)
            name = f"{locale.value}-{TEMPLATE_OF[type(words)].value}"
            for suffix, content in (
                (".html", mail.html),
                (".txt", f"{mail.subject}\n\n{mail.text}"),
            ):
                path = folder / f"{name}{suffix}"
                path.write_text(content, encoding="utf-8")
                written.append(path)
    return written


def sample_words(locale: Locale, *, public_url: str, zone: ZoneInfo, now: datetime) -> list[Words]:
    return [
        ActivationWords(
            given_names=SAMPLE_NAMES,
            link=f"{public_url}/activate#{SAMPLE_LINK}",
            expires=moment_in_words(now + timedelta(hours=24), zone, locale),
        ),
        OwnerWarnedWords(given_names=SAMPLE_NAMES, happened=moment_in_words(now, zone, locale)),
        PromotedWords(given_names=SAMPLE_NAMES),
    ]
