"""The published examples' envelopes, sealed long ago, still open: the format is for ever."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.privacy.envelopes import open_envelope

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
EXAMPLE_KEY = bytes(range(32))

sealed_examples = [
    path for path in sorted(EXAMPLES.glob("*/*.json")) if "opened" in json.loads(path.read_text())
]


def test_there_are_sealed_examples() -> None:
    assert len(sealed_examples) >= 5


@pytest.mark.parametrize("path", sealed_examples, ids=lambda path: path.stem)
def test_a_golden_envelope_opens(path: Path) -> None:
    example = json.loads(path.read_text())

    opened = open_envelope(
        AESGCM(EXAMPLE_KEY),
        UUID(example["key"]),
        UUID(example["headers"]["ce_id"]),
        example["value"]["personal"],
    )

    assert opened == example["opened"]
