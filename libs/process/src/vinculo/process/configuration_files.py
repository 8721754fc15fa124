"""Reads TOML configuration files of an installation; an invalid file is one line of error text."""

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

File = TypeVar("File", bound=BaseModel)


class ConfigurationFileError(ValueError):
    """The file cannot be used; the message is one line that names the file and the key."""


def read_toml(model: type[File], path: Path | None, shipped: Traversable) -> File:
    """The content of the file at `path`, or of the shipped file if there is no path.

    Raises:
        ConfigurationFileError: the file cannot be read or is not valid.

    """
    name = shipped.name if path is None else str(path)
    try:
        text = (path or shipped).read_text("utf-8")
        return model.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ConfigurationFileError(f"{name}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationFileError(f"{name}: not TOML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(step) for step in problem['loc'])}: {problem['msg']}".lstrip(": ")
            for problem in error.errors()
        )
        raise ConfigurationFileError(f"{name}: {problems}") from None
