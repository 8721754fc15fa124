"""A consent text has a version and a hash, and comes from the package or a lender."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.forms.consent_texts import ConsentTextsError, read_consent_texts
from vinculo.onboarding.forms.fields import LANGUAGES

ADDED = set(LANGUAGES) - {"es", "en"}
OWN = {
    "personal_data.2026-05.es.txt": "Autorizo a la cooperativa a tratar mis datos.\n",
    "personal_data.2026-05.en.txt": "I allow the cooperative to process my data.\n",
    "personal_data.2026-02.es.txt": "Autorizo el tratamiento de mis datos.",
    "personal_data.2026-02.en.txt": "I allow my data to be processed.",
    "marketing.v1.es.txt": "Acepto recibir ofertas.",
    "marketing.v1.en.txt": "I agree to receive offers.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "..data").mkdir()
    for name, text in OWN.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        for language in ADDED:
            added = tmp_path / name.replace(".en.", f".{language}.")
            added.write_text(text, encoding="utf-8")
    return tmp_path


def _put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _take_away(*names: str) -> Callable[[Path], object]:
    def take_away(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()
        if len(names) > 1:
            for added in folder.glob("marketing.v1.*"):
                added.unlink()

    return take_away


def test_every_consent_text_exists_in_every_language() -> None:
    consents = read_consent_texts(None)
    for locale in LANGUAGES:
        texts = consents.current(locale)
        assert [text.purpose for text in texts] == list(ConsentPurpose)
        assert [text.required for text in texts] == [True, False]


def test_a_published_text_is_never_changed() -> None:
    consents = read_consent_texts(None)
    hashes = {
        (text.purpose.value, locale): text.sha256[:12]
        for locale in LANGUAGES
        for text in consents.current(locale)
    }

    published = {
        ("personal_data", "es"): "fd350c0a487a",
        ("personal_data", "en"): "bb3148e3c5ba",
        ("marketing", "es"): "4e4ccc428f1b",
        ("marketing", "en"): "154c3f35e59c",
    }
    assert {key: hashes[key] for key in published} == published


def test_a_lenders_own_texts_replace_the_shipped_ones(folder: Path) -> None:
    consents = read_consent_texts(folder)
    current = consents.current("es")
    earlier = consents.find(ConsentPurpose.PERSONAL_DATA, "2026-02", "en")

    assert [(text.purpose, text.version) for text in current] == [
        (ConsentPurpose.PERSONAL_DATA, "2026-05"),
        (ConsentPurpose.MARKETING, "v1"),
    ]
    assert current[0].text == "Autorizo a la cooperativa a tratar mis datos."
    assert earlier is not None
    assert consents.find(ConsentPurpose.PERSONAL_DATA, "2026-01", "es") is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_take_away("marketing.v1.en.txt"), "marketing.v1 is missing in en"),
        (_take_away("marketing.v1.en.txt", "marketing.v1.es.txt"), "no text for marketing"),
        (_put("marketing.v2.en.txt", b" \n"), "marketing.v2.en.txt is empty"),
        (_put("marketing.v2.en.txt", b"\xff"), "not in UTF-8"),
        (_put("marketing.en.txt", b"Offers"), "marketing.en.txt is not named"),
        (_put("newsletter.v1.en.txt", b"News"), "newsletter.v1.en.txt is not named"),
        (_put("notes.md", b"Notes"), "notes.md is not named"),
    ],
)
def test_texts_that_cannot_be_used_are_refused_in_one_line(
    folder: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(folder)

    with pytest.raises(ConsentTextsError, match=said):
        read_consent_texts(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConsentTextsError, match="No such file"):
        read_consent_texts(tmp_path / "none")
