"""Checks for banned words: parts of identifiers, and phrases in comments, docstrings, documents.

Both lists are in `docs/glossary.md`, in fenced blocks with their names.
"""

import ast
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GLOSSARY: Final = Path("docs/glossary.md")
SCHEMAS: Final = Path("contracts/schemas")
PAGES: Final = ("web",)
CODE: Final = ("contracts", "libs", "services", "tools", "deploy", "bench", "tests", "conftest.py")
DOCUMENTS: Final = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "docs",
    "contracts",
    "libs",
    "services",
    "tools",
    "deploy",
    "web",
)
IGNORED: Final = frozenset({".venv", "__pycache__", "generated", "node_modules"})

_BLOCK: Final = r"^```{name}\n(.*?)^```$"
TYPESCRIPT: Final = (".ts", ".tsx")
_DECLARATION: Final = re.compile(
    r"\b(?:const|let|function|class|interface|type|enum)\s+([A-Za-z_$][\w$]*)"
)
_TYPESCRIPT_COMMENT: Final = re.compile(
    r"/\*.*?\*/|(?<![:\w])//[^\n]*(?:\n\s*//[^\n]*)*", re.DOTALL
)
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class BannedWords:
    identifier_parts: frozenset[str]
    phrases: re.Pattern[str]


def banned_words(root: Path) -> BannedWords:
    """The lists of the glossary.

    Raises:
        ValueError: the glossary lacks a list.

    """
    text = (root / GLOSSARY).read_text("utf-8")
    return BannedWords(
        identifier_parts=frozenset(_listed(text, "banned-identifier-parts")),
        phrases=_pattern(_listed(text, "banned-phrases")),
    )


def word_problems(root: Path) -> list[str]:
    """`file:line: …` for each banned word in the checkout."""
    words = banned_words(root)
    published = published_descriptions(root)
    problems: list[str] = []
    for path in _files(root, CODE, ".py"):
        name = path.relative_to(root)
        problems += [f"{name}: {found}" for found in _in_path(name, words)]
        problems += [
            f"{name}:{found}"
            for found in problems_in_code(path.read_text("utf-8"), words, published)
        ]
    for suffix in TYPESCRIPT:
        for path in _files(root, PAGES, suffix):
            name = path.relative_to(root)
            problems += [f"{name}: {found}" for found in _in_path(name, words)]
            problems += [
                f"{name}:{found}"
                for found in problems_in_typescript(path.read_text("utf-8"), words)
            ]
    for path in _files(root, DOCUMENTS, ".md"):
        name = path.relative_to(root)
        if name != GLOSSARY:
            problems += [
                f"{name}:{found}" for found in problems_in_text(path.read_text("utf-8"), words)
            ]
    return problems


def published_descriptions(root: Path) -> frozenset[str]:
    """The descriptions in published schemas: docstrings of event models that must not change."""
    schemas = (json.loads(path.read_text("utf-8")) for path in (root / SCHEMAS).rglob("*.json"))
    return frozenset(text for schema in schemas for text in _descriptions(schema))


def problems_in_code(
    source: str, words: BannedWords, published: frozenset[str] = frozenset()
) -> list[str]:
    """`line: …`, in order of lines. Docstrings in `published` are not checked."""
    tree = ast.parse(source)
    found = [
        (line, f"identifier {name}: {part}")
        for line, name in _defined_names(tree)
        for part in _banned_parts(name, words)
    ]
    found += [
        (line + text[: match.start()].count("\n"), f'"{match[0]}"')
        for line, text in (*_comments(source), *_docstrings(tree), *_descriptions_of_fields(tree))
        if inspect.cleandoc(text) not in published
        for match in words.phrases.finditer(text)
    ]
    return [f"{line}: {problem}" for line, problem in sorted(found)]


def problems_in_typescript(source: str, words: BannedWords) -> list[str]:
    """`line: …` for declared names and for comments, in order of lines."""
    found = [
        (_line_at(source, declared.start()), f"identifier {declared[1]}: {part}")
        for declared in _DECLARATION.finditer(source)
        for part in _banned_parts(declared[1], words)
    ]
    found += [
        (_line_at(source, comment.start() + match.start()), f'"{match[0]}"')
        for comment in _TYPESCRIPT_COMMENT.finditer(source)
        for match in words.phrases.finditer(comment[0])
    ]
    return [f"{line}: {problem}" for line, problem in sorted(found)]


def problems_in_text(text: str, words: BannedWords) -> list[str]:
    """`line: …` for each phrase in a document."""
    return [
        f'{_line_at(text, match.start())}: "{match[0]}"' for match in words.phrases.finditer(text)
    ]


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def parts_of(identifier: str) -> list[str]:
    """`HTTPHeader_of` has the parts `http`, `header` and `of`."""
    return [part.lower() for part in _CAMEL.findall(identifier)]


def _descriptions(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        for part in schema:
            yield from _descriptions(part)
    elif isinstance(schema, dict):
        if isinstance(text := schema.get("description"), str):
            yield text
        for part in schema.values():
            yield from _descriptions(part)


def _listed(text: str, name: str) -> list[str]:
    block = re.search(_BLOCK.format(name=name), text, re.MULTILINE | re.DOTALL)
    if block is None:
        raise ValueError(f"{GLOSSARY} has no list {name}")
    return [line.strip() for line in block[1].splitlines() if line.strip()]


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern for the phrases; their words may be separated by line ends and comment marks."""
    choices = (r"[\s#*/]+".join(map(re.escape, phrase.split())) for phrase in phrases)
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
    """The defined classes, functions, parameters and variables, with their lines."""
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
    """The comments; consecutive lines are one text, so that a phrase over two lines is found."""
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
    """All strings that are statements, including those below constants and attributes."""
    return [
        (node.lineno, node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def _descriptions_of_fields(tree: ast.Module) -> list[tuple[int, str]]:
    """Texts given as `description=…`, which readers of the API documents see."""
    return [
        (keyword.value.lineno, keyword.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "description"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    ]
