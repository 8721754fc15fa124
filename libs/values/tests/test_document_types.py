"""The file with the document types of an installation, which is accepted or refused as a whole."""

from pathlib import Path

import pytest

from vinculo.process.configuration_files import ConfigurationFileError
from vinculo.translation import load_catalogue
from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import (
    DocumentCatalogue,
    Identity,
    document_number,
    identity_of,
)
from vinculo.values.invalid_value import InvalidValue


def in_every_language(text: str) -> str:
    """The types, named also in the languages that were added to Spanish and English."""
    added = [
        each for each in load_catalogue("vinculo.values").languages if each not in ("es", "en")
    ]
    return text.replace("names = {", "names = {" + "".join(f' {each} = "x",' for each in added))


CHILE = in_every_language("""
[[types]]
country = "CL"
code = "RUN"
names = { es = "Cédula de identidad", en = "Identity card" }
example = "12.531.909-2"
pattern = "[1-9][0-9]{5,7}-[0-9K]"
check_digit = "required"
algorithm = "cl.rut"
""")
PERU = in_every_language("""
[[types]]
country = "PE"
code = "DNI"
names = { es = "Documento nacional de identidad", en = "National identity document" }
example = "10117410-2"
pattern = "[0-9]{8}"
check_digit = "optional"
algorithm = "pe.cui"
""")
BRAZIL = in_every_language("""
[[types]]
country = "BR"
code = "CPF"
names = { es = "CPF", en = "CPF" }
example = "390.533.447-05"
pattern = "[0-9]{11}"
ignored = "-"
check_digit = "within"
algorithm = "br.cpf"
""")


def catalogue(tmp_path: Path, text: str) -> DocumentCatalogue:
    path = tmp_path / "types.toml"
    path.write_text(text, "utf-8")
    return read_document_types(path)


def test_the_shipped_file_has_colombias_documents() -> None:
    shipped = read_document_types(None)

    assert [each.code for each in shipped.of_country("CO")] == [
        "CC",
        "CE",
        "TI",
        "NIT",
        "PASSPORT",
        "PPT",
    ]


@pytest.mark.parametrize(
    ("country", "code", "raw", "regular", "identified"),
    [
        ("CL", "RUN", "12531909-2", "12531909-2", "12531909"),
        ("PE", "DNI", "10117410", "10117410", "10117410"),
        ("PE", "DNI", "10117410-2", "10117410", "10117410"),
        ("BR", "CPF", "39053344705", "39053344705", "39053344705"),
    ],
)
def test_documents_of_other_countries_have_their_own_rules(  # noqa: PLR0917 - the columns of the table
    tmp_path: Path, country: str, code: str, raw: str, regular: str, identified: str
) -> None:
    document = catalogue(tmp_path, CHILE + PERU + BRAZIL).find(country, code)

    assert document_number(raw, document) == regular
    assert identity_of(document, regular) == Identity(country=country, kind=code, number=identified)


@pytest.mark.parametrize(
    ("country", "code", "raw"),
    [("CL", "RUN", "12531909-3"), ("PE", "DNI", "10117410-3"), ("BR", "CPF", "39053344706")],
)
def test_a_wrong_check_digit_is_refused_in_every_country(
    tmp_path: Path, country: str, code: str, raw: str
) -> None:
    document = catalogue(tmp_path, CHILE + PERU + BRAZIL).find(country, code)

    with pytest.raises(InvalidValue, match="check_digit_wrong"):
        document_number(raw, document)


def test_a_type_has_a_name_in_every_language_and_no_other(tmp_path: Path) -> None:
    third = CHILE.replace('en = "Identity card"', 'en = "Identity card", xx = "Bilhete"')

    with pytest.raises(ConfigurationFileError, match="names must be in es, en"):
        catalogue(tmp_path, third)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "types: Field required"),
        ("types = []", "types"),
        ("[[types]", "not TOML"),
        (CHILE + 'more = "1"', "types.0.more: Extra inputs"),
        (CHILE.replace('"CL"', '"XX"'), "XX is not a country"),
        (CHILE.replace("12.531.909-2", "12.531.909-3"), "example is refused: check_digit_wrong"),
        (CHILE.replace("[1-9]", "([1-9]"), "pattern: "),
        (CHILE.replace("cl.rut", "cl.none"), "'cl.none' is not an algorithm"),
        (CHILE.replace("cl.rut", "os"), "'os' is not an algorithm"),
        (CHILE.replace('algorithm = "cl.rut"', ""), "check_digit needs an algorithm"),
        (CHILE.replace(', en = "Identity card"', ""), "names must be in es, en"),
        (CHILE.replace(', en = "', ', xx = "'), "names must be in es, en"),
        (CHILE + CHILE, "CL RUN is defined twice"),
        (CHILE.replace('"required"', '"sometimes"'), "types.0.check_digit"),
    ],
)
def test_an_invalid_file_is_refused_with_one_line_that_names_the_key(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigurationFileError) as error:
        catalogue(tmp_path, text)

    assert message in str(error.value)
    assert "types.toml: " in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "types.toml"
    binary.write_bytes(b"\xff\xfe")

    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(ConfigurationFileError, match=str(path)):
            read_document_types(path)
