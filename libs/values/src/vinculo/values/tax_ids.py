"""Colombian tax ids (NIT), whose last digit checks the others."""

from vinculo.values.check_digits import CO_NIT, compact_number, find_algorithm


def tax_id(raw: str) -> str:
    """A payer's tax id as `900123456-8`."""
    compact = compact_number(raw.strip(), find_algorithm(CO_NIT), "tax_id_malformed")
    return f"{compact[:-1]}-{compact[-1]}"
