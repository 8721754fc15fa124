"""`python -m vinculo.checks <check>`: one line per problem, and exit code 1 if there are any."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from vinculo.checks.domain_imports import domain_import_problems
from vinculo.checks.licences import licence_problems
from vinculo.checks.translations import translation_problems
from vinculo.checks.words import word_problems

Root = Annotated[Path, typer.Option(help="The checkout to check.")]
HERE = Path()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def checks() -> None:
    """Check the repository."""


@app.command()
def domains(root: Root = HERE) -> None:
    """Import all domain modules; refuse frameworks, drivers and clients that this loads."""
    _report(domain_import_problems(root))


@app.command()
def licences(root: Root = HERE) -> None:
    """Refuse GPL, AGPL and SSPL among the distributions that are installed with the services."""
    _report(licence_problems(root))


@app.command()
def translations(root: Root = HERE) -> None:
    """Compare the languages, messages and placeholders of all message catalogues."""
    _report(translation_problems(root))


@app.command()
def words(root: Root = HERE) -> None:
    """Refuse the words that the glossary bans, in names, comments, docstrings and documents."""
    _report(word_problems(root), remedy="docs/glossary.md lists the words that are not used.")


def _report(problems: Sequence[str], *, remedy: str = "") -> None:
    for problem in problems:
        typer.echo(problem)
    if problems:
        if remedy:
            typer.echo(remedy)
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
