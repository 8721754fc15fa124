import base64

import pytest
from pydantic import TypeAdapter, ValidationError

from vinculo.process import SecretKeySetting

setting: TypeAdapter[SecretKeySetting] = TypeAdapter(SecretKeySetting)


def test_a_key_is_read_from_base64() -> None:
    key = setting.validate_python(base64.b64encode(b"k" * 32).decode())

    assert key.get_secret_value() == b"k" * 32
    assert "k" * 32 not in repr(key)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("not base64!", "is not base64"),
        ("ñandú", "is not base64"),
        ("", "must be 32 bytes in base64"),
        ("c2hvcnQ=", "must be 32 bytes in base64"),
        (7, "bytes"),
    ],
)
def test_what_is_no_key_is_refused(value: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        setting.validate_python(value)
