"""Settings that are wrong are told in one line; right ones are read as meant."""

import base64
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from vinculo.notifications.delivery.smtp import Security
from vinculo.notifications.domain.message import Template
from vinculo.notifications.settings import Settings

GOOD = {
    "NOTIFICATIONS_DATABASE_URL": "postgresql://user:pass@127.0.0.1:1/notifications",
    "VINCULO_KEYRING_URL": "postgresql://user:pass@127.0.0.1:1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": base64.b64encode(b"k" * 32).decode(),
    "VINCULO_LINK_KEY": base64.b64encode(b"l" * 32).decode(),
}
BAD_SETTING = 78


def read(monkeypatch: pytest.MonkeyPatch, **changed: str) -> Settings:
    for name, value in {**GOOD, **changed}.items():
        monkeypatch.setenv(name, value)
    return Settings.model_validate({})


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://mail.example", Security.AUTO, 25),
        ("smtp://mail.example:1025", Security.AUTO, 1025),
        ("smtp://user:p%40ss@mail.example", Security.STARTTLS, 587),
        ("smtps://user:p%40ss@mail.example", Security.TLS, 465),
    ],
)
def test_the_mail_servers_address_tells_how_to_speak_to_it(
    monkeypatch: pytest.MonkeyPatch, url: str, security: Security, port: int
) -> None:
    server = read(monkeypatch, VINCULO_SMTP=url).smtp_server

    assert (server.security, server.port) == (security, port)
    assert server.password in {None, "p@ss"}


def test_keys_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch).vinculo_link_key.get_secret_value() == b"l" * 32


def test_links_are_made_with_one_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, VINCULO_PUBLIC_URL="https://credito.example/")

    assert settings.vinculo_public_url == "https://credito.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VINCULO_LINK_KEY", "c2hvcnQ="),
        ("VINCULO_LINK_KEY", "not base64!"),
        ("VINCULO_SMTP", "mail.example:25"),
        ("VINCULO_TIME_ZONE", "America/Nowhere"),
        ("VINCULO_PUBLIC_URL", "credito.example"),
        ("NOTIFICATIONS_SENDER", "nobody"),
        ("NOTIFICATIONS_MAX_ATTEMPTS", "0"),
        ("NOTIFICATIONS_LEASE_SECONDS", "5"),
        ("NOTIFICATIONS_BOUNCE_ADDRESS", "nobody"),
        ("NOTIFICATIONS_BOUNCE_ADDRESS", "Name <bounces@credito.example>"),
        ("NOTIFICATIONS_DISABLED_TEMPLATES", "welcome,wellcome"),
        ("NOTIFICATIONS_DISABLED_TEMPLATES", "activation"),
        ("NOTIFICATIONS_REMINDER_IDLE_DAYS", "7,2"),
        ("NOTIFICATIONS_REMINDER_IDLE_DAYS", "1,2,3"),
        ("NOTIFICATIONS_REMINDER_IDLE_DAYS", "0"),
        ("NOTIFICATIONS_REMINDER_IDLE_DAYS", "soon"),
        ("NOTIFICATIONS_SMS_BODY", "to={to}"),
        ("NOTIFICATIONS_SMS_AUTHORIZATION_HEADER", "X Key"),
        ("VINCULO_SMS", "ftp://sms.example"),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, **{name: value})

    assert name in str(refused.value).upper()
    if name.endswith("KEY"):
        assert value not in str(refused.value)


def test_what_comes_back_goes_to_the_sender_unless_another_address_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read(monkeypatch).bounce_address == "no-reply@vinculo.example"
    changed = read(monkeypatch, NOTIFICATIONS_BOUNCE_ADDRESS="bounces@credito.example")
    assert changed.bounce_address == "bounces@credito.example"


def test_templates_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, NOTIFICATIONS_DISABLED_TEMPLATES=" welcome, reminder,")

    assert settings.notifications_disabled_templates == {Template.WELCOME, Template.REMINDER}
    none = read(monkeypatch, NOTIFICATIONS_DISABLED_TEMPLATES="")
    assert none.notifications_disabled_templates == frozenset()


def test_idle_times_are_days(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, NOTIFICATIONS_REMINDER_IDLE_DAYS="0.5, 3")

    assert settings.reminder_idle_times == (timedelta(hours=12), timedelta(days=3))
    assert read(monkeypatch, NOTIFICATIONS_REMINDER_IDLE_DAYS="").reminder_idle_times == ()


def test_the_gateways_token_goes_into_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        VINCULO_SMS="https://sms.example/v1",
        NOTIFICATIONS_SMS_AUTHORIZATION="k-123",
        NOTIFICATIONS_SMS_AUTHORIZATION_HEADER="X-Api-Key",
        NOTIFICATIONS_SMS_BODY='{"dest": "{to}", "body": "{text}"}',
    )

    gateway = settings.sms_gateway
    assert gateway.headers == {"X-Api-Key": "k-123"}
    assert gateway.body == {"dest": "{to}", "body": "{text}"}
    assert "k-123" not in repr(settings)


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

    assert len(ended.stdout.splitlines()) == len(list(tmp_path.iterdir())) == 66
