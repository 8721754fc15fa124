"""The reference of command lines: every command of every service and of the key ring."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from vinculo.documentation.markdown import code, table

INTRODUCTION: Final = """\
# Commands

Each is called as `python -m <module> <command>`, with `.venv/bin/python` in a checkout. Processes
(`api`, `worker`, `projector`, `exporter`, `all`) and `migrate` read their settings from the
environment. The other commands of a service also find those of a system that runs natively in the
folder.
"""
MODULES: Final = ("contracts", "privacy")
"""Modules with commands beside those of the services."""


@dataclass(frozen=True, slots=True)
class ServiceCommand:
    """`usage` is the command with its arguments and options, `meaning` its help text."""

    module: str
    name: str
    usage: str
    meaning: str


def commands(root: Path) -> list[ServiceCommand]:
    """The commands in the order of the command lines; hidden ones are left out."""
    services = sorted(path.parent.name for path in root.glob("services/*/src/vinculo/*/main.py"))
    found = []
    for package in [*services, *MODULES]:
        module = f"vinculo.{package}"
        group = typer.main.get_command(import_module(f"{module}.__main__").app)
        found += [
            ServiceCommand(module, name, _usage(name, command), _meaning(command))
            for name, command in _commands(group, "")
        ]
    return found


def commands_problems(root: Path) -> list[str]:
    """Commands without a help text."""
    return [f"{each.module} {each.name}: no help" for each in commands(root) if not each.meaning]


def commands_page(root: Path) -> str:
    parts = [INTRODUCTION]
    found = commands(root)
    for module in dict.fromkeys(each.module for each in found):
        rows = [[code(each.usage), each.meaning] for each in found if each.module == module]
        parts.append(f"\n## {module}\n\n{table(['command', 'what it does'], rows)}")
    return "".join(parts)


def _commands(command: object, prefix: str) -> Iterator[tuple[str, TyperCommand]]:
    match command:
        case TyperGroup():
            for name, inner in command.commands.items():
                if not inner.hidden:
                    yield from _commands(inner, f"{prefix} {name}".strip())
        case TyperCommand():
            yield prefix, command


def _usage(name: str, command: TyperCommand) -> str:
    words = [_word(each) for each in command.params if each.name != "help"]
    return " ".join([name, *words])


def _word(parameter: object) -> str:
    match parameter:
        case TyperOption():
            value = "" if parameter.is_flag else f" {(parameter.name or '').upper()}"
            option = max(parameter.opts, key=len) + value
            return option if parameter.required else f"[{option}]"
        case TyperArgument():
            return (parameter.metavar or parameter.name or "").upper()
        case _:
            raise TypeError(f"not a parameter of a command: {parameter!r}")


def _meaning(command: TyperCommand) -> str:
    return " ".join((command.help or "").split())
