import pytest

from vinculo.process import PublicSettings, settings_or_exit


def test_public_settings_need_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VINCULO_PUBLIC_URL", "https://credito.example/")
    monkeypatch.setenv("VINCULO_TIME_ZONE", "America/Lima")

    settings = settings_or_exit(PublicSettings)

    assert settings.vinculo_public_url == "https://credito.example"
    assert settings.time_zone.key == "America/Lima"
