"""Settings are refused with one line that names the variable."""

import re
from pathlib import Path

import pytest

from vinculo.process import settings_or_exit
from vinculo.query_api.exports.worker import ExporterSettings
from vinculo.query_api.settings import Settings


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"QUERY_MONGO_URL": "mongodb://h/"}, "QUERY_MONGO_URL: .*expected mongodb://host:port/"),
        ({"QUERY_MONGO_DRIVER": "other"}, "QUERY_MONGO_DRIVER: "),
        ({"VINCULO_KEY_ENCRYPTION_KEY": "c2hvcnQ="}, "VINCULO_KEY_ENCRYPTION_KEY: .*32 bytes"),
        ({"VINCULO_TIME_ZONE": "Mars/Olympus"}, "VINCULO_TIME_ZONE: .*time zone such as"),
        ({"VINCULO_FONT_DIR": "/absent"}, "VINCULO_FONT_DIR: .*directory"),
        ({"VINCULO_FONT_DIR": "FOLDER"}, "VINCULO_FONT_DIR: .*broken.ttf is not a font"),
        ({}, "VINCULO_KEYRING_URL: missing"),
    ],
)
def test_a_bad_setting_is_one_readable_line(
    setting: dict[str, str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value.replace("FOLDER", str(tmp_path)))

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(ExporterSettings)

    output = capsys.readouterr().err
    assert ended.value.code == 78
    assert len(output.splitlines()) == 1
    assert re.search(message, output)
    assert "c2hvcnQ=" not in output
