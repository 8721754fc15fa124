"""The document types of an installation come from a file, which is good as a whole or refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from vinculo.process.configuration_files import ConfigurationFileError
from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import (
    DocumentCatalogue,
    Identity,
    document_number,
    identity_of,
)
from vinculo.values.invalid_value import InvalidValue

CHILE = """
[[types]]
country = "CL"
code = "RUN"
names = { es = "Cédula de identidad", en = "Identity card" }
example = "12.531.909-2"
pattern = "[1-9][0-9]{5,7}-[0-9K]"
check_digit = "required"
algorithm = "cl.rut"
"""
PERU = """
[[types]]
country = "PE"
code = "DNI"
names = { es = "Documento nacional de identidad", en = "National identity document" }
example = "10117410-2"
pattern = "[0-9]{8}"
check_digit = "optional"
algorithm = "pe.cui"
"""
BRAZIL = """
[[types]]
country = "BR"
code = "CPF"
names = { es = "CPF", en = "CPF" }
example = "390.533.447-05"
pattern = "[0-9]{11}"
ignored = "-"
check_digit = "within"
algorithm = "br.cpf"
"""


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
def test_other_countries_documents_are_checked_by_their_own_rules(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, country: str, code: str, raw: str, regular: str, identified: str
) -> None:
    document = catalogue(tmp_path, CHILE + PERU + BRAZIL).find(country, code)

    assert document_number(raw, document) == regular
    assert identity_of(document, regular) == Identity(country=country, kind=code, number=identified)


@pytest.mark.parametrize(
    ("country", "code", "raw"),
    [("CL", "RUN", "12531909-3"), ("PE", "DNI", "10117410-3"), ("BR", "CPF", "39053344706")],
)
def test_a_wrong_check_digit_is_refused_everywhere(
    tmp_path: Path, country: str, code: str, raw: str
) -> None:
    document = catalogue(tmp_path, CHILE + PERU + BRAZIL).find(country, code)

    with pytest.raises(InvalidValue, match="check_digit_wrong"):
        document_number(raw, document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "types: Field required"),
        ("types = []", "types"),
        ("[[types]", "not TOML"),
        (CHILE + 'more = "1"', "types.0.more: Extra inputs"),
        (CHILE.replace('"CL"', '"XX"'), "XX is no country"),
        (CHILE.replace("12.531.909-2", "12.531.909-3"), "example is refused: check_digit_wrong"),
        (CHILE.replace("[1-9]", "([1-9]"), "pattern: "),
        (CHILE.replace("cl.rut", "cl.none"), "'cl.none' is no algorithm"),
        (CHILE.replace("cl.rut", "os"), "'os' is no algorithm"),
        (CHILE.replace('algorithm = "cl.rut"', ""), "check_digit and algorithm stand together"),
        (CHILE.replace(', en = "Identity card"', ""), "must be named in es and en"),
        (CHILE.replace(', en = "', ', fr = "'), "must be named in es and en"),
        (CHILE + CHILE, "CL RUN stands there twice"),
        (CHILE.replace('"required"', '"sometimes"'), "types.0.check_digit"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_the_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigurationFileError) as refused:
        catalogue(tmp_path, text)

    assert said in str(refused.value)
    assert "types.toml: " in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "types.toml"
    binary.write_bytes(b"\xff\xfe")

    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(ConfigurationFileError, match=str(path)):
            read_document_types(path)


def test_a_process_with_a_bad_file_ends_at_once_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text(CHILE.replace("cl.rut", "cl.none"), "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "vinculo.onboarding", "api", "--port", "1"],
        env={
            "ONBOARDING_DOCUMENT_TYPES": str(path),
            "ONBOARDING_AGE_LIMITS": "nowhere:18-60",
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert ended.returncode == 78
    assert "'cl.none' is no algorithm" in ended.stderr
    assert "ONBOARDING_AGE_LIMITS: Value error, no such project: nowhere" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
