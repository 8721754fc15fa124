"""TOML files by which one installation differs from another, read whole or refused in one line."""

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

File = TypeVar("File", bound=BaseModel)


class FileRefused(ValueError):
    """The file cannot be used; the message is one line that names the place."""


def read_toml(model: type[File], path: Path | None, shipped: Traversable) -> File:
    """Take the file shipped with a package when no path is given. Raises FileRefused."""
    where = shipped.name if path is None else str(path)
    try:
        text = (path or shipped).read_text("utf-8")
        return model.model_validate(tomllib.loads(text))
    except OSError as error:
        raise FileRefused(f"{where}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRefused(f"{where}: not TOML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(step) for step in found['loc'])}: {found['msg']}".lstrip(": ")
            for found in error.errors()
        )
        raise FileRefused(f"{where}: {problems}") from None
