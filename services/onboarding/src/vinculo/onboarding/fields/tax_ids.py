"""Colombian tax ids (NIT), whose last digit checks the others."""

from stdnum.co import nit
from stdnum.exceptions import InvalidChecksum, ValidationError

from vinculo.onboarding.fields.refusals import FieldRefused


def nit_parts(raw: str, malformed: str = "document_number_malformed") -> tuple[str, str]:
    """The number without dots, and its check digit."""
    try:
        compact = nit.validate(raw.strip())
    except InvalidChecksum:
        raise FieldRefused("check_digit_wrong") from None
    except ValidationError:
        raise FieldRefused(malformed) from None
    return compact[:-1], compact[-1]


def tax_id(raw: str) -> str:
    """A payer's tax id as `900123456-8`."""
    number, check_digit = nit_parts(raw, "tax_id_malformed")
    return f"{number}-{check_digit}"
