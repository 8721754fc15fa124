"""Colombian tax ids (NIT), whose last digit is a check digit."""

from vinculo.values.check_digits import CO_NIT, compact_number, find_algorithm


def tax_id(raw: str) -> str:
    """The tax id as `900123456-8`.

    Raises:
        InvalidValue: `tax_id_malformed` or `check_digit_wrong`.

    """
    compact = compact_number(raw.strip(), find_algorithm(CO_NIT), "tax_id_malformed")
    return f"{compact[:-1]}-{compact[-1]}"
