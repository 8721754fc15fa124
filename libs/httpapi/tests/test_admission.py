import asyncio

from starlette.types import Message, Receive, Scope, Send

from vinculo.httpapi.admission import FairAdmission

CROWD = 20


class Arrivals:
    """An application that notes in which turn of the loop each request began."""

    def __init__(self) -> None:
        self.turn = 0
        self.begun: list[tuple[str, int]] = []

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.begun.append((scope["path"], self.turn))


async def test_a_crowd_begins_one_after_another_and_health_does_not_wait() -> None:
    arrivals = Arrivals()
    turnstile = FairAdmission(arrivals)
    paths = [f"/things/{number}" for number in range(CROWD)]
    requests = [asyncio.ensure_future(asked(turnstile, path)) for path in paths]
    requests.append(asyncio.ensure_future(asked(turnstile, "/health/live")))

    while not all(request.done() for request in requests):
        await asyncio.sleep(0)
        arrivals.turn += 1

    begun = dict(arrivals.begun)
    assert begun.pop("/health/live") == 0
    assert list(begun) == paths
    assert len(set(begun.values())) == CROWD


async def test_a_request_that_takes_long_holds_nobody_up() -> None:
    ended = asyncio.Event()

    async def slow(scope: Scope, _receive: Receive, _send: Send) -> None:
        if scope["path"] == "/slow":
            await ended.wait()

    turnstile = FairAdmission(slow)
    waiting = asyncio.ensure_future(asked(turnstile, "/slow"))

    await asked(turnstile, "/quick")

    assert not waiting.done()
    ended.set()
    await waiting


async def asked(app: FairAdmission, path: str) -> None:
    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(message: Message) -> None:
        raise AssertionError(f"nothing is answered: {message}")

    await app({"type": "http", "path": path}, receive, send)
