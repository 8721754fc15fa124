"""The envelopes of the published examples can be decrypted, so the format has not changed."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.privacy.envelopes import decrypt_envelope

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
EXAMPLE_KEY = bytes(range(32))

encrypted_examples = [
    path for path in sorted(EXAMPLES.glob("*/*.json")) if "opened" in json.loads(path.read_text())
]


def test_there_are_encrypted_examples() -> None:
    assert len(encrypted_examples) >= 5


@pytest.mark.parametrize("path", encrypted_examples, ids=lambda path: path.stem)
def test_a_golden_envelope_can_be_decrypted(path: Path) -> None:
    example = json.loads(path.read_text())

    decrypted = decrypt_envelope(
        AESGCM(EXAMPLE_KEY),
        UUID(example["value"]["personal"]["kid"]),
        UUID(example["headers"]["ce_id"]),
        example["value"]["personal"],
    )

    assert decrypted == example["opened"]
