"""All errors of a form are reported at once, with their values."""

from datetime import date
from functools import partial

import pytest

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.forms.validation import FormValidator, InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.birth_dates import AgeLimits, adult_birth_date
from vinculo.values.names import person_name

TODAY = date(2026, 3, 1)


def test_the_message_names_the_projects_own_age() -> None:
    form = FormValidator()
    check = partial(adult_birth_date, today=TODAY, limits=AgeLimits(21, 75))
    form.validate("birth_date", date(2006, 1, 1), check)
    (fault,) = form.errors

    assert (
        MESSAGES.text(FIELD_ERROR, fault.code, "es", **fault.values) == "Debe tener 21 años o más"
    )
    assert (
        MESSAGES.text(FIELD_ERROR, fault.code, "en", **fault.values)
        == "You have to be 21 years old or older"
    )


def test_a_form_reports_all_errors_at_once() -> None:
    form = FormValidator()
    form.validate("given_names", "", person_name)
    form.validate("surnames", "Gómez", person_name)
    form.add_error("consents", "consent_required")

    with pytest.raises(InvalidForm) as refused:
        form.raise_if_invalid()
    assert [fault.field for fault in refused.value.errors] == ["given_names", "consents"]
