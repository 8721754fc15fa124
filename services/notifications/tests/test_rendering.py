from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from vinculo.contracts.documents import DocumentKind
from vinculo.notifications.delivery.smtp import UnusableAddress, ascii_domain, mime_message
from vinculo.notifications.domain.application_progress import NextStep
from vinculo.notifications.domain.message import BY_SMS, Locale, Template
from vinculo.notifications.rendering.context import (
    TEMPLATE_OF,
    ActivationWords,
    DocumentRejectedWords,
    MailWords,
    OwnerWarnedWords,
    PhoneCodeWords,
    PromotedWords,
    TextWords,
)
from vinculo.notifications.rendering.labels import (
    REJECTED,
    UNUSABLE,
    correction_refused_in_words,
    document_in_words,
    moment_in_words,
    next_step_in_words,
    rejected_in_words,
    time_in_words,
    unusable_in_words,
)
from vinculo.notifications.rendering.preview import sample_mails, sample_texts, write_previews
from vinculo.notifications.rendering.render import Renderer

PUBLIC_URL = "https://credito.example"
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
LINK = f"{PUBLIC_URL}/activate#0198.token"

renderer = Renderer(brand="Vínculo", public_url=PUBLIC_URL)
every_message = pytest.mark.parametrize(
    ("locale", "words"),
    [
        (locale, words)
        for locale in Locale
        for words in sample_mails(locale, public_url=PUBLIC_URL, zone=BOGOTA, now=NOW)
    ],
)


@every_message
def test_every_message_exists_in_both_languages_as_text_and_html(
    locale: Locale, words: MailWords
) -> None:
    mail = renderer.mail(words, locale)

    assert mail.subject
    assert words.given_names in mail.text
    assert words.given_names in mail.html
    assert f'<html lang="{locale.value}">' in mail.html
    assert "{{" not in mail.text + mail.html


@every_message
def test_names_with_markup_stay_text(locale: Locale, words: MailWords) -> None:
    hostile = type(words)(**dict.fromkeys(words.__slots__, '<b>Ana</b> & "Luz"'))

    mail = renderer.mail(hostile, locale)

    assert "<b>Ana" not in mail.html
    assert "&lt;b&gt;Ana&lt;/b&gt; &amp; &#34;Luz&#34;" in mail.html
    assert '<b>Ana</b> & "Luz"' in mail.text


def test_a_line_break_in_a_name_starts_no_header() -> None:
    words = PromotedWords(given_names="Ana\r\nBcc: everyone@example.org")

    mail = renderer.mail(words, Locale.SPANISH)

    assert mail.subject == "Ana Bcc: everyone@example.org, ya puede solicitar su crédito"


def test_the_activation_link_and_its_expiry_are_in_both_parts() -> None:
    words = ActivationWords(given_names="Ana", link=LINK, expires="el viernes")

    mail = renderer.mail(words, Locale.SPANISH)

    assert mail.subject == "Ana, active su cuenta en Vínculo"
    assert LINK in mail.text
    assert f'href="{LINK}"' in mail.html
    assert "vence el el viernes" in mail.text


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        (
            Locale.SPANISH,
            (
                "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión para solicitar "
                "su crédito."
            ),
        ),
        (
            Locale.ENGLISH,
            (
                "Registration successful. Your account has been created and you can sign in to "
                "apply for your credit."
            ),
        ),
    ],
)
def test_who_is_promoted_reads_that_the_registration_succeeded(
    locale: Locale, sentence: str
) -> None:
    mail = renderer.mail(PromotedWords(given_names="Ana"), locale)

    assert sentence in mail.text
    assert sentence in mail.html


def test_the_owner_is_told_when_it_happened() -> None:
    mail = renderer.mail(OwnerWarnedWords(given_names="Ana", happened="Thursday"), Locale.ENGLISH)

    assert "On Thursday someone tried" in mail.text
    assert "<strong>Thursday</strong>" in mail.html


def test_a_variable_that_nobody_gave_fails(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    for suffix in (".subject.txt", ".txt", ".html"):
        (tmp_path / "es" / f"promoted{suffix}").write_text("{{ surnames }}", encoding="utf-8")
    incomplete = Renderer(brand="Vínculo", public_url=PUBLIC_URL, templates=tmp_path)

    with pytest.raises(UndefinedError, match="surnames"):
        incomplete.mail(PromotedWords(given_names="Ana"), Locale.SPANISH)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (Locale.SPANISH, "jueves 5 de noviembre de 2026, 3:45 p. m., hora de Colombia"),
        (Locale.ENGLISH, "Thursday, November 5, 2026, 3:45 PM, Colombia Time"),
    ],
)
def test_moments_are_told_in_the_deployments_time_zone(locale: Locale, expected: str) -> None:
    assert moment_in_words(NOW, BOGOTA, locale) == expected


def test_a_message_sent_again_has_the_same_message_id() -> None:
    mail = renderer.mail(PromotedWords(given_names="Ana"), Locale.SPANISH)

    first, second = (
        mime_message(
            mail,
            message_id=UUID(int=5),
            sender="Vínculo <no-reply@credito.example>",
            to="ana@example.org",
            locale=Locale.SPANISH,
            now=moment,
        )
        for moment in (NOW, NOW.replace(hour=23))
    )

    assert first["Message-ID"] == f"<{UUID(int=5)}@credito.example>"
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_content_type() for part in first.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize(
    "address", ["", "nobody", "josé@example.org", "a b@example.org", "a@example.org\r\nBcc: b@c"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    mail = renderer.mail(PromotedWords(given_names="Ana"), Locale.SPANISH)

    with pytest.raises(UnusableAddress):
        mime_message(
            mail,
            message_id=UUID(int=5),
            sender="no-reply@credito.example",
            to=address,
            locale=Locale.SPANISH,
            now=NOW,
        )


def test_an_international_domain_is_written_as_mail_servers_know_it() -> None:
    assert ascii_domain("ana@montaña.example") == "ana@xn--montaa-0wa.example"
    assert ascii_domain("ana@example.org") == "ana@example.org"


every_text = pytest.mark.parametrize(
    ("locale", "words"),
    [(locale, words) for locale in Locale for words in sample_texts(locale, zone=BOGOTA, now=NOW)],
)


@every_text
def test_every_short_message_exists_in_both_languages_and_fits_two_parts(
    locale: Locale, words: TextWords
) -> None:
    text = renderer.text(words, locale)

    assert text.startswith("Vínculo: ")
    assert "\n" not in text
    assert len(text) <= 2 * 67


def test_a_code_is_told_with_the_time_it_expires_at() -> None:
    words = PhoneCodeWords(code="012345", expires=time_in_words(NOW, BOGOTA, Locale.SPANISH))

    text = renderer.text(words, Locale.SPANISH)

    assert text == "Vínculo: 012345 es su código. Vence a las 3:45 p. m. No lo comparta."


@pytest.mark.parametrize("locale", list(Locale))
def test_a_rejection_is_told_with_the_reviewers_remark_only_when_there_is_one(
    locale: Locale,
) -> None:
    bare = DocumentRejectedWords(given_names="Ana", document="x", reason="y", remark="")
    remarked = replace(bare, remark="más luz")

    without, with_remark = renderer.mail(bare, locale), renderer.mail(remarked, locale)

    assert "más luz" in with_remark.text
    assert "más luz" in with_remark.html
    assert len(without.text.splitlines()) == len(with_remark.text.splitlines()) - 1
    assert "<br>" in with_remark.html
    assert "<br>" not in without.html.partition('class="card"')[2].partition("</td>")[0]


def test_every_template_has_words() -> None:
    assert set(TEMPLATE_OF.values()) == set(Template)


@pytest.mark.parametrize("locale", list(Locale))
def test_every_code_of_an_event_has_words_and_so_has_one_that_is_not_known(
    locale: Locale,
) -> None:
    for kind in DocumentKind:
        assert document_in_words(kind, locale) != document_in_words("unknown", locale)
    assert set(UNUSABLE[Locale.SPANISH]) == set(UNUSABLE[Locale.ENGLISH])
    assert set(REJECTED[Locale.SPANISH]) == set(REJECTED[Locale.ENGLISH])
    for phrase in (unusable_in_words, rejected_in_words, correction_refused_in_words):
        assert phrase("unknown", locale)
    assert all(next_step_in_words(step, locale) for step in NextStep)


def test_previews_of_all_messages_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "mails"

    written = write_previews(folder, renderer, public_url=PUBLIC_URL, zone=BOGOTA, now=NOW)

    assert len(written) == (len(BY_SMS) + (len(Template) - len(BY_SMS)) * 2) * len(Locale)
    assert all(path.read_text(encoding="utf-8") for path in written)
