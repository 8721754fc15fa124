"""Encryption and decryption of envelopes, without a database."""

import base64
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from vinculo.privacy.envelopes import EnvelopeRefused, decrypt_envelope, encrypt_envelope

CIPHER = AESGCM(bytes(32))
PERSON = UUID(int=1)
EVENT = UUID(int=2)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
personal_parts = st.dictionaries(texts, json_values, max_size=6)


@given(plain=personal_parts, subject=st.uuids(), event_id=st.uuids())
def test_a_part_is_unchanged_by_encryption_and_decryption(
    plain: dict[str, Any], subject: UUID, event_id: UUID
) -> None:
    envelope = encrypt_envelope(CIPHER, subject, event_id, plain)

    assert decrypt_envelope(CIPHER, subject, event_id, envelope) == plain


@given(plain=personal_parts)
def test_the_same_part_is_never_encrypted_to_the_same_bytes(plain: dict[str, Any]) -> None:
    first, second = (encrypt_envelope(CIPHER, PERSON, EVENT, plain) for _ in range(2))

    assert first["ct"] != second["ct"]
    assert first["n"] != second["n"]


def test_an_envelope_has_four_members() -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"a": 1})

    assert set(envelope) == {"v", "kid", "n", "ct"}
    assert envelope["v"] == 1
    assert envelope["kid"] == str(PERSON)
    assert len(base64.b64decode(envelope["n"])) == 12


@given(event_id=st.uuids().filter(lambda event_id: event_id != EVENT))
def test_an_envelope_cannot_be_decrypted_in_another_event(event_id: UUID) -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"a": 1})

    with pytest.raises(EnvelopeRefused, match="another event"):
        decrypt_envelope(CIPHER, PERSON, event_id, envelope)


def test_an_envelope_cannot_be_decrypted_for_another_person_even_with_a_changed_name() -> None:
    other = uuid4()
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"a": 1}) | {"kid": str(other)}

    with pytest.raises(EnvelopeRefused, match="another event or person"):
        decrypt_envelope(CIPHER, other, EVENT, envelope)


def test_an_envelope_that_names_another_key_is_refused() -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"a": 1})

    with pytest.raises(EnvelopeRefused, match="another key"):
        decrypt_envelope(CIPHER, uuid4(), EVENT, envelope)


def test_an_envelope_cannot_be_decrypted_with_another_key() -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"a": 1})

    with pytest.raises(EnvelopeRefused):
        decrypt_envelope(AESGCM(bytes(31) + b"\1"), PERSON, EVENT, envelope)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_changed_bit_is_detected(position: int, bit: int) -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"name": "someone"})
    ciphertext = bytearray(base64.b64decode(envelope["ct"]))
    ciphertext[position % len(ciphertext)] ^= 1 << bit
    envelope["ct"] = base64.b64encode(bytes(ciphertext)).decode()

    with pytest.raises(EnvelopeRefused):
        decrypt_envelope(CIPHER, PERSON, EVENT, envelope)


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"v": 2, "kid": str(PERSON), "n": "", "ct": ""},
        {"v": 1, "kid": str(PERSON)},
        {"v": 1, "kid": str(PERSON), "n": "", "ct": ""},
        {"v": 1, "kid": str(PERSON), "n": "AAAA", "ct": "AAAA"},
        {"v": 1, "kid": str(PERSON), "n": "?", "ct": "AAAA"},
        {"v": 1, "kid": str(PERSON), "n": 7, "ct": None},
        {"v": 1, "kid": None, "n": "AAAA", "ct": "AAAA"},
        None,
        "envelope",
    ],
)
def test_a_malformed_envelope_is_refused(envelope: Any) -> None:
    with pytest.raises(EnvelopeRefused):
        decrypt_envelope(CIPHER, PERSON, EVENT, envelope)


def test_the_error_does_not_contain_the_content() -> None:
    envelope = encrypt_envelope(CIPHER, PERSON, EVENT, {"name": "canary"}) | {"ct": "canary"}

    with pytest.raises(EnvelopeRefused) as refusal:
        decrypt_envelope(CIPHER, PERSON, EVENT, envelope)

    assert "canary" not in str(refusal.value)
