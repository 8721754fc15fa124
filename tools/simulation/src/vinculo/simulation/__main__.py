"""`python -m vinculo.simulation`: drive generated people through the system of the environment."""

import os
from pathlib import Path
from typing import Annotated

import typer

from vinculo.simulation.demonstration import run

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="How many people to generate.")] = 200,
    exports: Annotated[Path, typer.Option(help="The folder for exported files.")] = Path("exports"),
) -> None:
    """Drive generated people through the running system whose settings the environment holds."""
    raise typer.Exit(run(people=people, exports=exports, environment=os.environ))


if __name__ == "__main__":
    app()
