"""Short messages in GSM characters."""

import pytest

from vinculo.notifications.rendering.gsm_characters import in_gsm_characters, segment_length


@pytest.mark.parametrize(
    ("text", "in_gsm"),
    [
        ("Vínculo: su código", "Vinculo: su codigo"),
        ("Ñandú, año, pingüino, é", "Ñandu, año, pingüino, é"),
        ("María Fernanda", "Maria Fernanda"),
        ("«Łódź» 5 €", "??odz? 5 €"),
        ("3:45\u202fp.\u00a0m.", "3:45 p. m."),
        ("½ ﬁ 漢", "? fi ?"),
    ],
)
def test_letters_that_gsm_lacks_become_their_base_letters(text: str, in_gsm: str) -> None:
    assert in_gsm_characters(text) == in_gsm


def test_extended_characters_take_two_places() -> None:
    assert segment_length("[5 €]") == 8
