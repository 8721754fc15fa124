import asyncio

from starlette.types import Message, Receive, Scope, Send

from vinculo.httpapi.admission import FairAdmission

REQUESTS = 20


class RecordedStarts:
    """An application that records in which iteration of the event loop each request started."""

    def __init__(self) -> None:
        self.iteration = 0
        self.started: list[tuple[str, int]] = []

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.started.append((scope["path"], self.iteration))


async def test_simultaneous_requests_start_one_by_one_and_health_checks_at_once() -> None:
    starts = RecordedStarts()
    admission = FairAdmission(starts)
    paths = [f"/things/{number}" for number in range(REQUESTS)]
    requests = [asyncio.ensure_future(send_request(admission, path)) for path in paths]
    requests.append(asyncio.ensure_future(send_request(admission, "/health/live")))

    while not all(request.done() for request in requests):
        await asyncio.sleep(0)
        starts.iteration += 1

    started = dict(starts.started)
    assert started.pop("/health/live") == 0
    assert list(started) == paths
    assert len(set(started.values())) == REQUESTS


async def test_a_slow_request_does_not_delay_others() -> None:
    ended = asyncio.Event()

    async def slow(scope: Scope, _receive: Receive, _send: Send) -> None:
        if scope["path"] == "/slow":
            await ended.wait()

    admission = FairAdmission(slow)
    waiting = asyncio.ensure_future(send_request(admission, "/slow"))

    await send_request(admission, "/quick")

    assert not waiting.done()
    ended.set()
    await waiting


async def send_request(app: FairAdmission, path: str) -> None:
    async def receive() -> Message:
        raise AssertionError("the request is not read")

    async def send(message: Message) -> None:
        raise AssertionError(f"unexpected response: {message}")

    await app({"type": "http", "path": path}, receive, send)
