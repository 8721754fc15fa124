"""Organizations are found by words, joined words and tax ids."""

import pytest

from vinculo.values.organizations import organization_searches, organization_tokens

TEXTILES = organization_tokens("Textiles Quebrada Honda S.A.S.", "900123462-2")
HOSPITAL = organization_tokens("Hospital Santa Elisa E.S.E.", "860034313-7")
PLAIN = organization_tokens("Delacruz Łódź", None)


def finds(text: str, tokens: list[str]) -> bool:
    return any(
        all(any(token.startswith(tuple(word)) for token in tokens) for word in words)
        for words in organization_searches(text)
    )


@pytest.mark.parametrize(
    "text",
    [
        *("textiles quebrada honda sas", "Textiles Quebrada Honda S.A.S.", "quebradahonda"),
        *("honda", "TEXTILES  honda s a s", "textiles quebrada honda ltda", "quebr text", ""),
        *("900123462-2", "9001234622", "900.123.462", "900 123 462", "900.123.462-2"),
        *("NIT 900123462", "nit: 900.123.462-2", "N.I.T. 900123462", "textiles 900123462"),
    ],
)
def test_a_company_is_found(text: str) -> None:
    assert finds(text, TEXTILES)


@pytest.mark.parametrize(
    "text",
    [
        *("textiles quebrada seca sas", "sas textil quebrada x", "900123462-3", "800123462"),
        *("nit", "xtiles", "123462", "ese"),
    ],
)
def test_another_company_is_not_found(text: str) -> None:
    assert not finds(text, TEXTILES)


@pytest.mark.parametrize(
    "text", ["hospital santa elisa ese", "hospital santa elisa", "santaelisa", "E.S.E. Hospital"]
)
def test_a_hospital_is_found_with_and_without_its_legal_form(text: str) -> None:
    assert finds(text, HOSPITAL)


@pytest.mark.parametrize("text", ["de la cruz", "delacruz lodz s.a. e.s.p.", "lodz sas", "łódź"])
def test_a_name_is_found_joined_apart_and_without_the_legal_form_that_was_typed(text: str) -> None:
    assert finds(text, PLAIN)


def test_a_legal_form_alone_is_searched_as_typed() -> None:
    assert list(organization_searches("S.A.S.")) == [[["s"], ["a", "sa"], ["s", "as", "sas"]]]
