"""TOML configuration files of an installation: valid as a whole, or refused in one line."""

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

File = TypeVar("File", bound=BaseModel)


class ConfigurationFileError(ValueError):
    """The file cannot be used; the message is one line that names the file and the key."""


def read_toml(model: type[File], path: Path | None, shipped: Traversable) -> File:
    """Read the file at `path`, or the one shipped with the package without a path.

    Raises:
        ConfigurationFileError: the file cannot be read or is not valid.

    """
    where = shipped.name if path is None else str(path)
    try:
        text = (path or shipped).read_text("utf-8")
        return model.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ConfigurationFileError(f"{where}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationFileError(f"{where}: not TOML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(step) for step in found['loc'])}: {found['msg']}".lstrip(": ")
            for found in error.errors()
        )
        raise ConfigurationFileError(f"{where}: {problems}") from None
