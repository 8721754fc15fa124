"""Banned words are found in names, comments, docstrings and documents only."""

from pathlib import Path

import pytest

from vinculo.checks.words import (
    BannedWords,
    banned_words,
    parts_of,
    problems_in_code,
    problems_in_typescript,
    word_problems,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def words() -> BannedWords:
    return banned_words(ROOT)


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [
        ("told_issuer", ["told", "issuer"]),
        ("ExportDesk", ["export", "desk"]),
        ("HTTPHeader_of", ["http", "header", "of"]),
        ("_WANTED2", ["wanted", "2"]),
        ("threshold", ["threshold"]),
    ],
)
def test_an_identifier_has_the_parts_a_reader_sees(identifier: str, parts: list[str]) -> None:
    assert parts_of(identifier) == parts


@pytest.mark.parametrize(
    "source",
    [
        "def told_issuer(): ...",
        "class ExportDesk: ...",
        "wanted = 1",
        "def f(asked): ...",
        "for nobody in (): ...",
        "import os as whoever",
        "class A:\n    def f(self):\n        self.roster = 1",
        "lambda told: 1",
    ],
)
def test_a_banned_part_of_a_defined_name_is_found(source: str, words: BannedWords) -> None:
    (problem,) = problems_in_code(source, words)
    assert "identifier" in problem


@pytest.mark.parametrize(
    "source",
    [
        '"""Kept for ever."""',
        "x = 1  # whoever comes first",
        "x = 1\n'''Known\nto nobody.'''",
        "# a comment that goes on for\n# ever",
        'Field(description="As the caller asked.")',
    ],
)
def test_a_banned_phrase_in_a_comment_or_docstring_is_found(
    source: str, words: BannedWords
) -> None:
    assert problems_in_code(source, words)


@pytest.mark.parametrize(
    "source",
    [
        'text = "for ever"',
        "place = keep = hold = turn = share = 1",
        "threshold = folder = 1",
        "other.told",
    ],
)
def test_ordinary_words_texts_and_uses_are_allowed(source: str, words: BannedWords) -> None:
    assert problems_in_code(source, words) == []


def test_descriptions_of_published_schemas_are_not_checked(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text((ROOT / "docs" / "glossary.md").read_text())
    schemas = tmp_path / "contracts" / "schemas" / "loans"
    schemas.mkdir(parents=True)
    (schemas / "loan-opened.v1.json").write_text(
        '{"$defs": {"Loan": {"description": "Kept\\nby nobody."}}}'
    )
    model = tmp_path / "contracts" / "loans.py"
    model.write_text('class Loan:\n    """Kept\n    by nobody."""\n')
    assert word_problems(tmp_path) == []

    model.write_text('class Loan:\n    """Known to nobody."""\n')
    assert word_problems(tmp_path) == ['contracts/loans.py:2: "nobody"']


def test_problems_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text((ROOT / "docs" / "glossary.md").read_text())
    (tmp_path / "docs" / "page.md").write_text("One line.\nThe door is open for ever.\n")
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "desk.py").write_text('"""Plain."""\n\nroster = 1\n')

    assert word_problems(tmp_path) == [
        "libs/desk.py: file name desk: desk",
        "libs/desk.py:3: identifier roster: roster",
        'docs/page.md:2: "for ever"',
    ]


def test_a_glossary_without_the_lists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text("# Glossary\n")

    with pytest.raises(ValueError, match="has no list banned-identifier-parts"):
        banned_words(tmp_path)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("type Told = string;", "1: identifier Told: told"),
        ("export function askedFor() {}", "1: identifier askedFor: asked"),
        ("\n// Nobody may do this.\n", '2: "Nobody"'),
        ("/**\n * This is told\n * twice.\n */", '2: "told"'),
        ("// kept for\n// ever", '1: "for\n// ever"'),
    ],
)
def test_banned_words_are_found_in_typescript(
    source: str, problem: str, words: BannedWords
) -> None:
    assert problems_in_typescript(source, words) == [problem]


def test_addresses_and_texts_of_pages_are_no_comments(words: BannedWords) -> None:
    assert problems_in_typescript('const url = "https://nobody.example";', words) == []
