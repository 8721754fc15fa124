import pytest

from vinculo.onboarding.forms.payer import PayerBody, validate_payer
from vinculo.onboarding.forms.validation import InvalidForm


def errors_of(**changes: object) -> list[tuple[str, str]]:
    body = {"name": "Hospital San Rafael", "tax_id": "891800846-1", **changes}
    with pytest.raises(InvalidForm) as refused:
        validate_payer(PayerBody.model_validate(body))
    return [(error.field, error.code) for error in refused.value.errors]


def test_a_tax_id_needs_its_check_digit() -> None:
    assert errors_of(tax_id="900123462") == [("tax_id", "check_digit_missing")]


def test_a_contact_needs_a_phone_or_an_email() -> None:
    assert errors_of(contact={"name": "Nómina"}) == [("contact.phone", "payer_contact_missing")]
