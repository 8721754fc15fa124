"""The commands, each as a process."""

import base64
import subprocess
import sys
from pathlib import Path

GOOD = {
    "NOTIFICATIONS_DATABASE_URL": "postgresql://user:pass@127.0.0.1:1/notifications",
    "VINCULO_KEYRING_URL": "postgresql://user:pass@127.0.0.1:1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": base64.b64encode(b"k" * 32).decode(),
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
    "VINCULO_ERASURES_BUCKET": "",
    "VINCULO_LINK_KEY": base64.b64encode(b"l" * 32).decode(),
}
BAD_SETTING = 78


def test_a_missing_setting_is_one_line_and_exit_code_78() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "vinculo.notifications", "worker", "--port", "1"],
        env={name: value for name, value in GOOD.items() if name != "VINCULO_LINK_KEY"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == BAD_SETTING
    assert ended.stderr == "VINCULO_LINK_KEY: missing\n"


def test_previews_are_written_by_the_command(tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "vinculo.notifications", "preview", str(tmp_path)],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )

    written = {path.name for path in tmp_path.iterdir()}
    assert len(ended.stdout.splitlines()) == len(written)
    assert {"es-promoted.html", "en-promoted.txt", "es-phone-code.sms.txt"} <= written
