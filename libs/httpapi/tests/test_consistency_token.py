"""Positions are read back as they were written, and nothing else is a position."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.httpapi import encode_position, parse_position
from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH

STREAM = "promotion-policy-0193f5a0-0001-7000-8000-000000000001"


@pytest.mark.parametrize("version", [0, 1, 2**63 - 1])
def test_a_position_is_read_back(version: int) -> None:
    position = encode_position(STREAM, version)

    assert parse_position(position) == (STREAM, version)
    assert len(position) <= MAX_POSITION_LENGTH


@pytest.mark.parametrize("plain", ["", "@", "a", "a@", "@1", "a@-1", "a@x", f"a@{2**63}", "é@1"])
def test_what_names_no_version_of_a_stream_is_no_position(plain: str) -> None:
    assert parse_position(base64.urlsafe_b64encode(plain.encode()).decode()) is None


@settings(deadline=None)
@given(text=st.text())
def test_any_text_is_a_position_or_none(text: str) -> None:
    found = parse_position(text)

    assert found is None or found[1] >= 0
