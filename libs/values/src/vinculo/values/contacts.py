"""E-mail addresses and phone numbers."""

import re
import unicodedata
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from vinculo.values.invalid_value import InvalidValue

_AS_DIALLED: Final = re.compile(r"[0-9 ()+./-]+")


def email_address(raw: str) -> str:
    """Regular in form; whether mail arrives there, the activation link tells."""
    try:
        return validate_email(raw.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise InvalidValue("email_malformed") from None


def phone_number(raw: str, country: str) -> str:
    """E.164. Without a country code it is read as dialled in `country`."""
    return phonenumbers.format_number(_valid(raw, country), phonenumbers.PhoneNumberFormat.E164)


def mobile_number(raw: str, country: str) -> str:
    """E.164 of a number that can be a mobile's; in some countries both kinds look alike."""
    number = _valid(raw, country)
    if phonenumbers.number_type(number) not in {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }:
        raise InvalidValue("phone_not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _valid(raw: str, country: str) -> phonenumbers.PhoneNumber:
    """What is read past in between, letters and marks of direction too, is refused here."""
    if not _AS_DIALLED.fullmatch(unicodedata.normalize("NFKC", raw)):
        raise InvalidValue("phone_malformed")
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        raise InvalidValue("phone_malformed") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise InvalidValue("phone_malformed")
    return number
