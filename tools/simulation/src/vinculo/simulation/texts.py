"""Reading the short messages that the system sent, where the stand-in for a gateway lists them."""

import re
from collections.abc import Mapping

import httpx2

from vinculo.simulation.conditions import until

CODE = re.compile(r"\b\d{6}\b")


class NoTextMessages(Exception):
    """The settings do not tell where short messages can be read."""


class TextMessages:
    """`url` is where the system posts them: a GET there lists what was received."""

    def __init__(self, url: str, *, patience_seconds: float = 120.0) -> None:
        self._url = url
        self._patience_seconds = patience_seconds

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "TextMessages":
        if url := environment.get("VINCULO_SMS"):
            return cls(url)
        raise NoTextMessages("set VINCULO_SMS, to read the short messages it sends")

    async def to(self, phone: str) -> list[str]:
        """Give what was received for the phone, oldest first."""
        async with httpx2.AsyncClient(timeout=20) as client:
            answer = await client.get(self._url, params={"to": phone})
        answer.raise_for_status()
        return [str(message["text"]) for message in answer.json()]

    async def wait_for_code(self, phone: str, *, after: int = 0) -> str:
        """Wait for a code that comes after so many messages, and give the newest."""

        async def newest() -> str | None:
            texts = (await self.to(phone))[after:]
            codes = [found[0] for text in texts if (found := CODE.search(text))]
            return codes[-1] if codes else None

        return await until(f"a code to {phone}", newest, patience_seconds=self._patience_seconds)
