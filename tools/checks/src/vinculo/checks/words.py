"""Banned words: parts of identifiers, and phrases in comments, docstrings and documents.

Both lists are in `docs/glossary.md`, in fenced blocks that carry their names.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GLOSSARY: Final = Path("docs/glossary.md")
CODE: Final = ("contracts", "libs", "services", "tools", "deploy", "bench", "tests", "conftest.py")
DOCUMENTS: Final = ("README.md", "docs", "contracts", "libs", "services", "tools", "deploy")
IGNORED: Final = frozenset({".venv", "__pycache__", "node_modules"})

_BLOCK: Final = r"^```{name}\n(.*?)^```$"
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class BannedWords:
    identifier_parts: frozenset[str]
    phrases: re.Pattern[str]


def banned_words(root: Path) -> BannedWords:
    """The lists of the glossary. ValueError when it has no such list."""
    text = (root / GLOSSARY).read_text("utf-8")
    return BannedWords(
        identifier_parts=frozenset(_listed(text, "banned-identifier-parts")),
        phrases=_pattern(_listed(text, "banned-phrases")),
    )


def word_problems(root: Path) -> list[str]:
    """`file:line: …` for each banned word in the checkout."""
    words = banned_words(root)
    problems: list[str] = []
    for path in _files(root, CODE, ".py"):
        name = path.relative_to(root)
        problems += [f"{name}: {found}" for found in _in_path(name, words)]
        problems += [
            f"{name}:{found}" for found in problems_in_code(path.read_text("utf-8"), words)
        ]
    for path in _files(root, DOCUMENTS, ".md"):
        name = path.relative_to(root)
        if name != GLOSSARY:
            problems += [
                f"{name}:{found}" for found in problems_in_text(path.read_text("utf-8"), words)
            ]
    return problems


def problems_in_code(source: str, words: BannedWords) -> list[str]:
    """`line: …`, in order of lines."""
    tree = ast.parse(source)
    found = [
        (line, f"identifier {name}: {part}")
        for line, name in _defined_names(tree)
        for part in _banned_parts(name, words)
    ]
    found += [
        (line + text[: match.start()].count("\n"), f'"{match[0]}"')
        for line, text in (*_comments(source), *_docstrings(tree))
        for match in words.phrases.finditer(text)
    ]
    return [f"{line}: {problem}" for line, problem in sorted(found)]


def problems_in_text(text: str, words: BannedWords) -> list[str]:
    """`line: …` for each phrase in a document."""
    return [
        f'{text[: match.start()].count(chr(10)) + 1}: "{match[0]}"'
        for match in words.phrases.finditer(text)
    ]


def parts_of(identifier: str) -> list[str]:
    """`HTTPHeader_of` has the parts `http`, `header` and `of`."""
    return [part.lower() for part in _CAMEL.findall(identifier)]


def _listed(text: str, name: str) -> list[str]:
    block = re.search(_BLOCK.format(name=name), text, re.MULTILINE | re.DOTALL)
    if block is None:
        raise ValueError(f"{GLOSSARY} has no list {name}")
    return [line.strip() for line in block[1].splitlines() if line.strip()]


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Words of a phrase may be parted by a line's end and the mark of a comment."""
    choices = (r"[\s#]+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return re.compile(rf"\b(?:{'|'.join(choices)})\b", re.IGNORECASE)


def _files(root: Path, folders: Iterable[str], suffix: str) -> Iterator[Path]:
    for folder in folders:
        start = root / folder
        found = [start] if start.is_file() else sorted(start.rglob(f"*{suffix}"))
        yield from (
            path
            for path in found
            if path.suffix == suffix and not IGNORED & set(path.relative_to(root).parts)
        )


def _in_path(name: Path, words: BannedWords) -> Iterator[str]:
    for step in name.with_suffix("").parts:
        for part in _banned_parts(step.replace("-", "_"), words):
            yield f"file name {step}: {part}"


def _banned_parts(identifier: str, words: BannedWords) -> list[str]:
    return [part for part in parts_of(identifier) if part in words.identifier_parts]


def _defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names are checked where they are defined: classes, functions, parameters, variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name


def _comments(source: str) -> list[tuple[int, str]]:
    """Neighbouring comment lines as one text, so that a phrase over two lines is found."""
    blocks: list[tuple[int, str]] = []
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if line == last + 1:
            first, text = blocks[-1]
            blocks[-1] = first, f"{text}\n{token.string}"
        else:
            blocks.append((line, token.string))
        last = line
    return blocks


def _docstrings(tree: ast.Module) -> list[tuple[int, str]]:
    """Every string that stands as a statement, those under constants and attributes included."""
    return [
        (node.lineno, node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
