"""The message catalogue of the service, and the words for the contract's codes."""

from typing import Final

from vinculo.translation import load_catalogue

MESSAGES: Final = load_catalogue("vinculo.customer_registry").with_fallback(
    load_catalogue("vinculo.contracts")
)
