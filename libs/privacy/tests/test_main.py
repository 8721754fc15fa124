import pytest
from typer.testing import CliRunner

from vinculo.privacy.__main__ import app


def test_without_a_url_the_command_fails_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VINCULO_KEYRING_URL", raising=False)
    monkeypatch.setenv("VINCULO_S3_ACCESS_KEY", "any")
    monkeypatch.setenv("VINCULO_S3_SECRET_KEY", "any")

    result = CliRunner().invoke(app, ["migrate"])

    assert result.exit_code == 78
    assert result.stderr == "VINCULO_KEYRING_URL: missing\n"
