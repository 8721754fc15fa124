"""A bad setting is one readable line on standard error and exit code 78 (EX_CONFIG)."""

import sys
from typing import TypeVar

from pydantic import BaseModel, ValidationError

BAD_SETTING = 78

Settings = TypeVar("Settings", bound=BaseModel)


def settings_or_exit(settings: type[Settings]) -> Settings:
    """Read the settings from the environment, or end the process saying which are wrong.

    The values are never shown: they may be secrets.
    """
    try:
        return settings()
    except ValidationError as error:
        print(settings_complaint(settings, error), file=sys.stderr)  # noqa: T201 - meant for people
        sys.exit(BAD_SETTING)


def settings_complaint(settings: type[BaseModel], error: ValidationError) -> str:
    prefix = str(settings.model_config.get("env_prefix", ""))
    complaints = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        location = ".".join(str(part) for part in problem["loc"]) or settings.__name__
        name = prefix + location if location in settings.model_fields else location
        said = "missing" if problem["type"] == "missing" else problem["msg"]
        complaints.append(f"{name.upper()}: {said}")
    return "; ".join(complaints)
