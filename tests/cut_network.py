"""Forms that are sent while the network is cut: what was typed stays, and the effect is one."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from playwright.async_api import APIResponse, Locator, Page, Request, Route, expect

from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

NO_CONNECTION = "No hay conexión con el servicio"
NOT_REFRESHED = "Esto no se pudo actualizar. Lo que ve se leyó antes."
RETRY = "Intentar de nuevo"
CALLS = re.compile(r"/(onboarding|documents|registry|notifications|query)/v1/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of a page, section or dialog, with what is typed, chosen and ticked, by label.

    `is_repeatable` forms name their command, so that the service recognises a repeat.
    """

    at: Page | Locator
    button: str | Locator
    texts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    is_repeatable: bool = False

    @property
    def page(self) -> Page:
        return self.at if isinstance(self.at, Page) else self.at.page

    async def fill(self) -> None:
        for label, text in self.texts.items():
            await self.at.get_by_label(label, exact=True).fill(text)
        for label, option in self.options.items():
            await self.at.get_by_label(label, exact=True).click()
            await self.page.get_by_title(option, exact=True).click()
        for label in self.ticked:
            await self.at.get_by_label(label, exact=True).check()

    @property
    def sending(self) -> Locator:
        """The button that sends the form."""
        if isinstance(self.button, Locator):
            return self.button
        return self.at.get_by_role("button", name=self.button)

    async def expect_failure(self) -> None:
        """The words about the connection, and all that was typed."""
        await expect(self.at.get_by_text(NO_CONNECTION)).to_be_visible()
        for label, text in self.texts.items():
            await expect(self.at.get_by_label(label, exact=True)).to_have_value(text)
        for label, option in self.options.items():
            labelled = self.page.get_by_label(label, exact=True)
            await expect(self.at.locator(".field", has=labelled)).to_contain_text(option)
        for label in self.ticked:
            await expect(self.at.get_by_label(label, exact=True)).to_be_checked()


async def send_through_cuts(form: Form) -> None:
    """Fill in the form and send it without a network, then with a lost response, then again.

    Only a repeatable form is sent with a lost response, because others are refused afterwards. The
    repeat has the name of the lost command.
    """
    send = form.sending
    await form.fill()
    await send.wait_for()
    await form.page.context.set_offline(True)
    await send.click()
    await form.expect_failure()
    await form.page.context.set_offline(False)
    if not form.is_repeatable:
        await send.click()
        return
    async with response_lost(form.page) as lost:
        await send.click()
    await form.expect_failure()
    async with form.page.expect_request(is_command) as repeat:
        await send.click()
    assert [name_of(await repeat.value)] == [name_of(request) for request in lost]


@asynccontextmanager
async def response_lost(page: Page) -> AsyncIterator[list[Request]]:
    """The service executes the command that is sent in the block; its response does not arrive."""
    commands: list[Request] = []
    responses: list[APIResponse] = []

    async def lose(route: Route) -> None:
        if is_command(route.request):
            commands.append(route.request)
            responses.append(await route.fetch())
            await route.abort()
        else:
            await route.continue_()

    await page.route(CALLS, lose)
    async with page.expect_event("requestfailed", is_command):
        yield commands
    await page.unroute(CALLS, lose)
    assert [response.ok for response in responses] == [True]


def is_command(request: Request) -> bool:
    return name_of(request) is not None


def name_of(request: Request) -> str | None:
    """What tells a command from others: its idempotency key, or the id in its address."""
    return request.headers.get(
        "idempotency-key", request.url if "/resends/" in request.url else None
    )


async def expect_events(harness: SystemHarness, person_id: UUID, **expected: int) -> None:
    """Wait until the timeline of the person has exactly as many events of these types."""
    types = {name.replace("_", "-"): count for name, count in expected.items()}

    async def as_expected() -> bool:
        timeline = await harness.operator.call(
            "GET", f"/query/v1/people/{person_id}/timeline", params={"limit": 200}
        )
        counts = Counter(each["type"].partition(".")[0] for each in timeline.body["items"])
        found = {type_: counts[type_] for type_ in types}
        assert found == types, f"{found} instead of {types}"
        return True

    await eventually(as_expected, timeout=60)
