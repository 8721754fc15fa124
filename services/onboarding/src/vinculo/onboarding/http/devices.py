"""The browser and system in a `User-Agent`, as coarse as people name their devices.

Nothing more of the header is stored: versions and models would identify a device.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vinculo.onboarding.application.sessions import Device

BROWSERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EdgA/": "Edge",
        "EdgiOS/": "Edge",
        "Edg/": "Edge",
        "OPR/": "Opera",
        "SamsungBrowser/": "Samsung Internet",
        "FxiOS/": "Firefox",
        "Firefox/": "Firefox",
        "CriOS/": "Chrome",
        "Chrome/": "Chrome",
        "Safari/": "Safari",
    }
)
"""The first mark that occurs counts: later ones also occur in the headers of earlier browsers."""
SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Android": "Android",
        "Windows": "Windows",
        "Mac OS X": "macOS",
        "CrOS": "ChromeOS",
        "Linux": "Linux",
    }
)


def device_of(user_agent: str | None) -> Device:
    """Both are None when the header is missing or names neither, as those of most apps."""
    text = user_agent or ""
    return Device(browser=_first(BROWSERS, text), system=_first(SYSTEMS, text))


def _first(names: Mapping[str, str], text: str) -> str | None:
    return next((name for mark, name in names.items() if mark in text), None)
