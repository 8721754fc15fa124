"""Settings are read and validated."""

import base64
from datetime import timedelta

import pytest
from pydantic import ValidationError

from vinculo.notifications.delivery.smtp import Security
from vinculo.notifications.domain.message import Template
from vinculo.notifications.domain.message_budget import Budget, BudgetPurpose
from vinculo.notifications.settings import Settings

GOOD = {
    "NOTIFICATIONS_DATABASE_URL": "postgresql://user:pass@127.0.0.1:1/notifications",
    "VINCULO_KEYRING_URL": "postgresql://user:pass@127.0.0.1:1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": base64.b64encode(b"k" * 32).decode(),
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
    "VINCULO_ERASURES_BUCKET": "",
    "VINCULO_LINK_KEY": base64.b64encode(b"l" * 32).decode(),
}


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
def test_the_scheme_and_credentials_decide_security_and_port(
    monkeypatch: pytest.MonkeyPatch, url: str, security: Security, port: int
) -> None:
    server = read(monkeypatch, VINCULO_SMTP=url).smtp_server

    assert (server.security, server.port) == (security, port)
    assert server.password in {None, "p@ss"}


@pytest.mark.parametrize(
    "name",
    [
        "NOTIFICATIONS_UNVERIFIED_INTERVAL_SECONDS",
        "NOTIFICATIONS_RESET_INTERVAL_SECONDS",
        "NOTIFICATIONS_CODE_INTERVAL_SECONDS",
    ],
)
def test_links_and_codes_are_not_held_until_they_expire(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(ValidationError, match="less than or equal"):
        read(monkeypatch, **{name: "86400"})


def test_each_purpose_has_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = read(
        monkeypatch,
        NOTIFICATIONS_RESET_MESSAGES="4",
        NOTIFICATIONS_RESET_INTERVAL_SECONDS="60",
        NOTIFICATIONS_BUDGET_HOURS="2",
    ).budgets

    assert set(budgets) == set(BudgetPurpose)
    assert budgets[BudgetPurpose.RESETS] == Budget(
        messages=4, interval=timedelta(minutes=1), window=timedelta(hours=2)
    )


def test_keys_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch).vinculo_link_key.get_secret_value() == b"l" * 32


def test_the_public_url_loses_its_final_slash(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_bounces_go_to_the_sender_unless_another_address_is_set(
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


def test_the_gateways_credentials_are_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
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
