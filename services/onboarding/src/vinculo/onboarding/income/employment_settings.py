"""How currencies, percentages and addresses are written in the environment."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from vinculo.values.currencies import ISO_4217


def _named(value: object) -> object:
    """`CO:50,express:40` as a mapping."""
    if not isinstance(value, str):
        return value
    entries = [part.partition(":") for part in value.split(",") if part.strip()]
    return {name.strip(): one.strip() for name, _, one in entries}


def _lists_named(value: object) -> object:
    """`CO:COP,MX:MXN|USD` as a mapping of lists."""
    named = _named(value)
    if not isinstance(value, str) or not isinstance(named, dict):
        return value
    return {name: one.split("|") for name, one in named.items()}


def _known_currency(code: str) -> str:
    if code not in ISO_4217:
        raise ValueError("must be a currency of ISO 4217")
    return code


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url


Name = Annotated[str, Field(min_length=1)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Percent = Annotated[int, Field(ge=0, le=100)]

CurrenciesSetting = Annotated[
    Mapping[Name, frozenset[Currency]], NoDecode, BeforeValidator(_lists_named)
]
PercentsSetting = Annotated[Mapping[Name, Percent], NoDecode, BeforeValidator(_named)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
