"""The command `vinculo`."""

import sys

import typer

from vinculo.local import commands
from vinculo.local.program import StartFailedError


def application() -> typer.Typer:
    app = typer.Typer(
        help="Vínculo on one machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in (
        commands.up,
        commands.down,
        commands.status,
        commands.logs,
        commands.servers,
        commands.demo,
        commands.minio,
    ):
        app.command()(command)
    return app


def main() -> None:
    try:
        application()()
    except StartFailedError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
