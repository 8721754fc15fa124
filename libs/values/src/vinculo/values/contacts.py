"""E-mail addresses and phone numbers."""

import re
import unicodedata
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from vinculo.values.invalid_value import InvalidValue

_DIALLED_CHARACTERS: Final = re.compile(r"[0-9 ()+./-]+")


def email_address(raw: str) -> str:
    """The normalized address. Only its form is checked; delivery is proved by the activation link.

    Raises:
        InvalidValue: `email_malformed`.

    """
    try:
        return validate_email(raw.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise InvalidValue("email_malformed") from None


def phone_number(raw: str, country: str) -> str:
    """The number in E.164. Without a country code it is a number of `country`.

    Raises:
        InvalidValue: `phone_malformed`.

    """
    return phonenumbers.format_number(_parse(raw, country), phonenumbers.PhoneNumberFormat.E164)


def mobile_number(raw: str, country: str) -> str:
    """The number in E.164, if it can be a mobile number; some countries do not distinguish them.

    Raises:
        InvalidValue: `phone_malformed` or `phone_not_mobile`.

    """
    number = _parse(raw, country)
    if phonenumbers.number_type(number) not in {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }:
        raise InvalidValue("phone_not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parse(raw: str, country: str) -> phonenumbers.PhoneNumber:
    """The parsed number. Other characters, which phonenumbers would ignore, are refused."""
    if not _DIALLED_CHARACTERS.fullmatch(unicodedata.normalize("NFKC", raw)):
        raise InvalidValue("phone_malformed")
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        raise InvalidValue("phone_malformed") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise InvalidValue("phone_malformed")
    return number
