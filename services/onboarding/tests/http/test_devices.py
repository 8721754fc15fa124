import pytest

from vinculo.onboarding.application.sessions import Device
from vinculo.onboarding.http.devices import device_of

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (f"Mozilla/5.0 (Linux; Android 14) {CHROME} Mobile Safari/537.36", "Chrome", "Android"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/156.0", "Edge", "Windows"),
        (
            f"Mozilla/5.0 (Linux; Android 14) SamsungBrowser/29.0 {CHROME} Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox",
            "Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari",
            "iPhone",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/156.0 Safari/604.1",
            "Chrome",
            "iPad",
        ),
        ("python-httpx/1.0", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_browser_and_system_are_recognised(
    user_agent: str | None, browser: str | None, system: str | None
) -> None:
    assert device_of(user_agent) == Device(browser=browser, system=system)
