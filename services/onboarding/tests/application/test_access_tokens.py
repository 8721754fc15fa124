"""Signing keys are read, identified and never shown."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vinculo.onboarding.application.access_tokens import (
    AccessTokens,
    SigningKeyError,
    read_signing_key,
)

from ..service_fixture import ISSUER, SIGNING_KEY


def test_the_same_key_has_the_same_id_everywhere() -> None:
    one = AccessTokens(read_signing_key(SIGNING_KEY.decode()), ISSUER)
    other = AccessTokens(read_signing_key(SIGNING_KEY.decode().replace("\n", "\\n")), ISSUER)

    assert one.key_set() == other.key_set()


@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_an_invalid_signing_key_is_refused(pem: str) -> None:
    with pytest.raises(SigningKeyError):
        read_signing_key(pem)


def test_a_key_on_another_curve_is_refused() -> None:
    key = generate_private_key(SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(SigningKeyError):
        read_signing_key(pem)
