"""The message catalogue of the service, composed with those of its libraries."""

from typing import Final

from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.translation import load_catalogue

MESSAGES: Final = (
    load_catalogue("vinculo.onboarding")
    .with_fallback(load_catalogue("vinculo.values"))
    .with_fallback(load_catalogue("vinculo.contracts"))
    .with_fallback(COMMON_MESSAGES)
)
