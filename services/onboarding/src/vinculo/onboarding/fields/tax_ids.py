"""Colombian tax ids (NIT), whose last digit checks the others."""

from vinculo.onboarding.fields.check_digits import CO_NIT, algorithm, validated


def tax_id(raw: str) -> str:
    """A payer's tax id as `900123456-8`."""
    compact = validated(raw.strip(), algorithm(CO_NIT), "tax_id_malformed")
    return f"{compact[:-1]}-{compact[-1]}"
