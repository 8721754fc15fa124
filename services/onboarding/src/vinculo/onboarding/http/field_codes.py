"""Codes that the rules of forms give invalid fields, by what is validated.

They are those of the message catalogue; the OpenAPI document lists them per operation.
"""

from typing import Final

COUNTRY_CODES: Final = frozenset({"not_allowed"})
TEXT_CODES: Final = frozenset({"text_empty", "text_malformed"})
EMAIL_CODES: Final = frozenset({"email_malformed", "email_not_ascii"})
PHONE_CODES: Final = frozenset({"phone_malformed"})
MOBILE_CODES: Final = PHONE_CODES | {"phone_not_mobile"}
PASSWORD_CODES: Final = frozenset({"password_too_short", "password_too_long", "password_weak"})
DOCUMENT_CODES: Final = frozenset(
    {
        "check_digit_missing",
        "check_digit_wrong",
        "company_number",
        "country_unsupported",
        "document_number_malformed",
        "document_type_for_minors",
        "document_type_unknown",
    }
)
PERSON_CODES: Final = frozenset(
    {
        "birth_date_implausible",
        "birth_date_in_future",
        "name_dotted",
        "name_empty",
        "name_malformed",
        "name_mixes_scripts",
        "name_too_long",
        "over_age",
        "single_name_has_surnames",
        "under_age",
    }
)
IDENTITY_CODES: Final = DOCUMENT_CODES | PERSON_CODES | {"document_number_missing"}
ACTIVATION_CODES: Final = (
    PERSON_CODES
    | MOBILE_CODES
    | PASSWORD_CODES
    | {
        "consent_repeated",
        "consent_required",
        "consent_text_unknown",
        "details_required",
        "password_ambiguous",
        "password_required",
    }
)
IDENTIFIER_CODES: Final = frozenset({"identifier_ambiguous", "identifier_missing"})
CONSENT_CODES: Final = frozenset({"consent_text_missing", "consent_text_unknown"})
REGISTRATION_CODES: Final = (
    DOCUMENT_CODES
    | PERSON_CODES
    | EMAIL_CODES
    | MOBILE_CODES
    | PASSWORD_CODES
    | {"consent_repeated", "consent_required", "consent_text_unknown", "project_unknown"}
)
CONTACT_CODES: Final = (
    EMAIL_CODES | MOBILE_CODES | {"contact_ambiguous", "contact_missing", "contact_unchanged"}
)
TAX_ID_CODES: Final = frozenset({"check_digit_missing", "check_digit_wrong", "tax_id_malformed"})
PAYER_CODES: Final = (
    TEXT_CODES | TAX_ID_CODES | EMAIL_CODES | PHONE_CODES | {"payer_contact_missing"}
)
SAME_PAYER_CODES: Final = frozenset({"payer_unknown", "same_payer_not_named"})
EMPLOYMENT_CODES: Final = PAYER_CODES | {
    "currency_not_allowed",
    "currency_unknown",
    "deduction_exceeds_salary",
    "deductions_exceed_salary",
    "payer_ambiguous",
    "payer_missing",
    "payer_refused",
    "payer_suspended",
    "payer_unknown",
    "salary_implausible",
}
