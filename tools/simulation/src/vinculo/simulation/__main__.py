"""`python -m vinculo.simulation`: drive generated people through the running system."""

import os
from pathlib import Path
from typing import Annotated

import typer

from vinculo.simulation.demo import run_demo

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="Number of generated people.")] = 200,
    exports: Annotated[Path, typer.Option(help="Folder for exported files.")] = Path("exports"),
) -> None:
    """Drive generated people through the system that the environment variables describe."""
    raise typer.Exit(run_demo(people=people, exports=exports, environment=os.environ))


if __name__ == "__main__":
    app()
