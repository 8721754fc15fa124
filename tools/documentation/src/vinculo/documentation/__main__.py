"""`python -m vinculo.documentation`: builds the site, and checks pages and reference."""

from pathlib import Path
from typing import Annotated

import typer

from vinculo.documentation.dead_links import dead_links
from vinculo.documentation.generated_pages import generated_pages
from vinculo.documentation.navigation import navigation_problems
from vinculo.documentation.site import FOLDER, BuildError, all_pages, build_site

Root = Annotated[Path, typer.Option(help="The checkout.")]
HERE = Path()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def build(root: Root = HERE) -> None:
    """Build the site and print the path of its first page."""
    try:
        typer.echo(build_site(root.resolve(), root.resolve() / FOLDER))
    except BuildError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def check(root: Root = HERE) -> None:
    """Print dead links and pages outside the navigation; exit with 1 if there are any."""
    found = problems(root.resolve())
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)


def problems(root: Path) -> list[str]:
    """One line for each problem of the documentation."""
    return [*dead_links(root, generated_pages(root)), *navigation_problems(root, all_pages(root))]


if __name__ == "__main__":
    app()
