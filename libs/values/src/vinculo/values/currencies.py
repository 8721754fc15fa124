"""Currencies (ISO 4217), and those that salaries may be declared in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from vinculo.values.invalid_value import InvalidValue

_CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
    UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
ISO_4217: Final = frozenset(_CODES.split())
SALARY_CURRENCIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"CO": frozenset({"COP"})}
)
"""The currencies of salaries, by country."""
CENTS: Final = 100


@dataclass(frozen=True, slots=True)
class SalaryLimits:
    """Plausible net monthly salaries in whole units of the currency, both inclusive."""

    least: int
    most: int


SALARY_LIMITS: Final[Mapping[str, SalaryLimits]] = MappingProxyType(
    {"COP": SalaryLimits(100_000, 200_000_000)}
)
"""By currency; salaries in others are not limited."""


def salary_currency(raw: str, allowed: Collection[str]) -> str:
    """The code, if it is in `allowed`.

    Raises:
        InvalidValue: `currency_unknown` or `currency_not_allowed`.

    """
    if raw not in ISO_4217:
        raise InvalidValue("currency_unknown")
    if raw not in allowed:
        raise InvalidValue("currency_not_allowed")
    return raw


def plausible_salary(cents: int, limits: SalaryLimits | None) -> int:
    """The net monthly salary in cents, if it is within the limits of its currency.

    Raises:
        InvalidValue: `salary_implausible`.

    """
    if limits is not None and not limits.least * CENTS <= cents <= limits.most * CENTS:
        raise InvalidValue("salary_implausible", least=limits.least, most=limits.most)
    return cents


def salary_limits(text: str) -> dict[str, SalaryLimits]:
    """Limits by currency, from text such as `COP:100000-200000000,USD:100-50000`.

    Raises:
        ValueError: the text is not valid.

    """
    limits: dict[str, SalaryLimits] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        currency, _, amounts = part.partition(":")
        least, _, most = amounts.partition("-")
        if currency not in ISO_4217 or not (least.isdecimal() and most.isdecimal()):
            raise ValueError(f"{part!r} is not like 'COP:100000-200000000'")
        if currency in limits:
            raise ValueError(f"{currency!r} is named twice")
        limits[currency] = SalaryLimits(int(least), int(most))
        if limits[currency].least > limits[currency].most:
            raise ValueError(f"{amounts!r} begins with the higher amount")
    return limits
