"""The reference of settings: every field of every settings class."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, Final, get_args

from annotated_types import Unit
from pydantic import SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from vinculo.documentation.markdown import code, table
from vinculo.process import EnvironmentSettings

INTRODUCTION: Final = """\
# Settings

Environment variables of the services, the gateway and the local stack. A bad or missing one ends a
service's process with exit code 78 and a line that names it. Lists are separated by commas unless
described otherwise.

## Shared

`python -m vinculo.contracts topics` also reads `VINCULO_KAFKA` and `VINCULO_TOPIC_PREFIX`.

"""
UNITS_BY_SUFFIX: Final[Mapping[str, str]] = {
    "_ms": "milliseconds",
    "_seconds": "seconds",
    "_hours": "hours",
    "_days": "days",
    "_bytes": "bytes",
    "_percent": "percent",
}
KEY_RING: Final = "key ring"
SERVICES: Final = 5
_SETTINGS_CLASS: Final = re.compile(r"^class \w+\(.*Settings\):", re.MULTILINE)
_SHARED_PACKAGES: Final = frozenset({"process"})
_SERVICE_NAMES: Final = {"privacy": KEY_RING}
_DEPLOYMENT: Final[Mapping[str, str]] = {
    "vinculo.local.servers.gateway": "gateway",
    "vinculo.local.settings": "local stack",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable; `default` and `unit` are None for those without one."""

    name: str
    services: tuple[str, ...]
    default: str | None
    unit: str | None
    meaning: str
    is_number: bool


def settings(root: Path) -> list[Setting]:
    """All settings, in the order of their declaration."""
    found: dict[str, tuple[FieldInfo, set[str]]] = {}
    for kind in settings_classes(root):
        package = _DEPLOYMENT.get(kind.__module__, kind.__module__.split(".")[1])
        for name, field in kind.model_fields.items():
            known = found.setdefault(name, (field, set()))
            if package not in _SHARED_PACKAGES:
                known[1].add(_SERVICE_NAMES.get(package, package.replace("_", "-")))
    return [_setting(name, field, services) for name, (field, services) in found.items()]


def settings_classes(root: Path) -> list[type[EnvironmentSettings]]:
    """The classes in the sources of libraries, services and the local stack, imported."""
    for pattern in ("libs/*/src", "services/*/src", "deploy/local/src"):
        for source in sorted(root.glob(pattern)):
            for path in sorted(source.rglob("*.py")):
                if _SETTINGS_CLASS.search(path.read_text("utf-8")):
                    import_module(".".join(path.relative_to(source).with_suffix("").parts))
    classes = [kind for kind in _subclasses(EnvironmentSettings) if _is_ours(kind)]
    return sorted(classes, key=lambda kind: (kind.__module__, kind.__qualname__))


def settings_problems(found: Iterable[Setting]) -> list[str]:
    """Settings without a description, and numbers without a unit."""
    problems = []
    for each in found:
        if not each.meaning:
            problems.append(f"{each.name}: the field has no docstring")
        if each.is_number and each.unit is None:
            problems.append(f"{each.name}: no unit, neither in the name nor as Unit")
    return problems


def settings_page(root: Path) -> str:
    found = settings(root)
    shared = [each for each in found if len(each.services) > 1]
    parts = [INTRODUCTION, _table(shared, with_services=True)]
    services = {name for each in found for name in each.services} - {KEY_RING}
    for service in (*sorted(services - set(_DEPLOYMENT.values())), *_DEPLOYMENT.values()):
        own = [each for each in found if each.services == (service,)]
        names = ", ".join(code(each.name) for each in shared if service in each.services)
        parts.append(f"\n## {service}\n\n{_table(own)}")
        if names:
            parts.append(f"\nShared ones that it reads: {names}.\n")
    return "".join(parts)


def _table(found: Iterable[Setting], *, with_services: bool = False) -> str:
    header = ["variable", *(["services"] if with_services else []), "default", "unit", "meaning"]
    rows = []
    for each in found:
        default = "**required**" if each.default is None else each.default
        services = [_services(each)] if with_services else []
        rows.append([code(each.name), *services, default, each.unit or "", each.meaning])
    return table(header, rows)


def _services(setting: Setting) -> str:
    names = [name for name in setting.services if name != KEY_RING]
    return "every service" if len(names) == SERVICES else ", ".join(setting.services)


def _setting(name: str, field: FieldInfo, services: Iterable[str]) -> Setting:
    return Setting(
        name=name.upper(),
        services=tuple(sorted(services)),
        default=None if field.is_required() else _default(field),
        unit=_unit(name, field),
        meaning=field.description or "",
        is_number=_has_number(field.annotation),
    )


def _unit(name: str, field: FieldInfo) -> str | None:
    for item in field.metadata:
        if isinstance(item, Unit):
            return item.unit
    units = [unit for suffix, unit in UNITS_BY_SUFFIX.items() if name.endswith(suffix)]
    return units[0] if units else None


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, int) and field.default_factory is not None:
        return "depends on the machine"
    if value is None or value in ((), "", frozenset(), {}):
        return "none"
    return code(_text(value))


def _text(value: Any) -> str:  # noqa: ANN401 - a default of any type
    match value:
        case SecretStr() | SecretBytes():
            return str(value.get_secret_value())
        case Enum():
            return str(value.value)
        case Mapping():
            return ",".join(f"{_text(name)}:{_text(each)}" for name, each in value.items())
        case frozenset():
            return ",".join(sorted(map(_text, value)))
        case tuple():
            return ",".join(map(_text, value))
        case _:
            return str(value)


def _has_number(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    if annotation in (int, float):
        return True
    return any(_has_number(part) for part in get_args(annotation))


def _subclasses(kind: type[EnvironmentSettings]) -> set[type[EnvironmentSettings]]:
    return {kind, *(inner for each in kind.__subclasses__() for inner in _subclasses(each))}


def _is_ours(kind: type[EnvironmentSettings]) -> bool:
    return kind.__module__.startswith("vinculo.")
