"""Colombian tax ids (NIT), whose check digit follows a hyphen."""

from vinculo.values.check_digits import CO_NIT, find_algorithm, hyphenated_number
from vinculo.values.identity_documents import without_separators


def tax_id(raw: str) -> str:
    """The tax id as `900123456-8`.

    Raises:
        InvalidValue: `tax_id_malformed`, `check_digit_missing` or `check_digit_wrong`.

    """
    return hyphenated_number(without_separators(raw), find_algorithm(CO_NIT), "tax_id_malformed")
