"""Currencies (ISO 4217), and those that salaries may be declared in."""

from collections.abc import Collection, Mapping
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
