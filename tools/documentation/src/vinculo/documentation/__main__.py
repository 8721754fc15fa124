"""`python -m vinculo.documentation`: builds the site, and checks pages and reference."""

from pathlib import Path
from typing import Annotated

import typer

from vinculo.documentation.dead_links import dead_links
from vinculo.documentation.generated_pages import generated_pages, reference_problems
from vinculo.documentation.navigation import navigation_problems
from vinculo.documentation.site import FOLDER, BuildError, all_pages, build_site

Root = Annotated[Path, typer.Option(help="The checkout.")]
HERE = Path()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def build(root: Root = HERE) -> None:
    """Build the site and print the path of its first page."""
    checkout = root.resolve()
    try:
        typer.echo(build_site(checkout, checkout / FOLDER, generated_pages(checkout)))
    except BuildError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def generate(folder: Path, root: Root = HERE) -> None:
    """Write the generated pages below a folder, without building the site."""
    for name, text in generated_pages(root.resolve()).items():
        page = folder / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, "utf-8")
        typer.echo(page)


@app.command()
def check(root: Root = HERE) -> None:
    """Print what is wrong and exit with 1 if anything is.

    Dead links, pages outside the navigation; settings, event fields, metrics and commands without
    a text.
    """
    found = problems(root.resolve())
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)


def problems(root: Path) -> list[str]:
    """One line for each problem of the documentation."""
    generated = generated_pages(root)
    return [
        *dead_links(root, generated),
        *navigation_problems(root, all_pages(root, generated)),
        *reference_problems(root),
    ]


if __name__ == "__main__":
    app()
