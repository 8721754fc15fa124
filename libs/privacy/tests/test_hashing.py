import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.privacy import confirmation_code, keyed_hash, link_token

KEY = bytes(range(32))
LINK = UUID("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")


def test_a_keyed_hash_is_hmac_sha256_of_the_parts_joined_by_bars() -> None:
    expected = hmac.new(KEY, b"CO|CC|1020304050", hashlib.sha256).digest()

    assert keyed_hash(KEY, "CO", "CC", "1020304050") == expected


def test_another_key_gives_another_hash() -> None:
    assert keyed_hash(KEY, "CO", "CC", "1") != keyed_hash(bytes(32), "CO", "CC", "1")


@given(st.lists(st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]))))
def test_different_parts_have_different_hashes(parts: list[str]) -> None:
    assert keyed_hash(KEY, "", *parts) != keyed_hash(KEY, "x", *parts)


def test_a_separator_inside_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="separator"):
        keyed_hash(KEY, "CO|CC", "1")


def test_a_link_token_is_256_bits_without_url_escapes() -> None:
    token = link_token(KEY, LINK)

    assert len(token) == 43
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_link_token_depends_on_key_and_id_only() -> None:
    assert link_token(KEY, LINK) == link_token(KEY, LINK)
    assert link_token(KEY, LINK) != link_token(bytes(32), LINK)
    assert link_token(KEY, LINK) != link_token(KEY, UUID(int=LINK.int + 1))


@given(st.uuids())
def test_a_code_is_six_digits_and_always_the_same(code_id: UUID) -> None:
    code = confirmation_code(KEY, code_id)

    assert len(code) == 6
    assert code.isdecimal()
    assert code.isascii()
    assert code == confirmation_code(KEY, code_id)


def test_codes_differ_by_id_and_by_key() -> None:
    codes = {confirmation_code(key, UUID(int=n)) for key in (KEY, bytes(32)) for n in range(50)}

    assert len(codes) > 95
