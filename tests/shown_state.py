"""Everything that operators are shown, to compare a system before and after a recovery."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import httpx2

from vinculo.testing.databases import connected
from vinculo.testing.waiting import eventually

from .system_harness import Document, SystemHarness

LISTS: Final = ("registrations", "pre-customers", "customers")
FRESHNESS: Final = frozenset({"as_of"})
"""How recent a response is, not what it shows."""


async def settled_state(harness: SystemHarness) -> dict[str, Any]:
    """Everything shown, once all events are published and two reads in a row are equal."""

    async def settled() -> dict[str, Any]:
        if not await all_events_are_published(harness):
            return {}
        first, second = await everything_shown(harness), await everything_shown(harness)
        has_changed = any(differences(first, second))
        return {} if has_changed or not await all_events_are_published(harness) else second

    return await eventually(settled, timeout=120)


async def all_events_are_published(harness: SystemHarness) -> bool:
    for service in ("ONBOARDING", "DOCUMENTS", "REGISTRY", "NOTIFICATIONS"):
        async with connected(harness.system.environment[f"{service}_DATABASE_URL"]) as database:
            if await database.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
                return False
    return True


async def everything_shown(harness: SystemHarness) -> dict[str, Any]:
    """The lists, profiles, counters and files, as operators get them."""
    lists = {name: await all_rows(harness, name) for name in LISTS}
    people = [row["person_id"] for row in lists["registrations"]]
    return {
        "lists": lists,
        "profiles": [await harness.operator.profile(each) for each in people],
        "timelines": [await harness.operator.timeline(each) for each in people],
        "documents": await harness.people_documents(),
        "counters": await counters(harness),
        "totals": await harness.operator.totals(),
        "files": [file for each in people for file in await files_of(harness, each)],
    }


async def all_rows(harness: SystemHarness, list_name: str) -> list[Document]:
    rows = await harness.operator.rows(list_name, limit=200)
    assert rows["next_cursor"] is None
    return list(rows["items"])


async def counters(harness: SystemHarness) -> list[object]:
    async with harness.mongo() as database:
        pointer = await database["read_model"].find_one({"_id": "active"})
        assert pointer is not None
        found = await database[f"counters_{pointer['generation']}"].find().sort("_id").to_list()
    return [without_zeros(each) for each in found]


def without_zeros(value: object) -> object:
    """A group that everyone has left is counted as 0; a rebuild does not know it."""
    if isinstance(value, dict):
        return {k: without_zeros(v) for k, v in value.items() if v != 0}
    return value


async def files_of(harness: SystemHarness, person_id: str) -> list[tuple[str, str, str, str]]:
    """Kind, state, response and digest of each of the person's files."""
    response = await harness.operator.call("GET", f"/documents/v1/people/{person_id}/dossier")
    files = []
    async with httpx2.AsyncClient(timeout=30) as browser:
        for document in response.body.get("documents", []):
            path = f"/documents/v1/documents/{document['document_id']}/download-links"
            link = (await harness.operator.call("POST", path)).body["url"]
            file = await browser.get(link)
            digest = hashlib.sha256(file.content).hexdigest()
            files.append((document["kind"], document["state"], str(file.status_code), digest))
    return files


def differences(before: object, after: object, path: str = "") -> Iterator[str]:
    """Where two JSON values differ."""
    match before, after:
        case dict(), dict():
            for name in sorted((before.keys() | after.keys()) - FRESHNESS):
                yield from differences(before.get(name), after.get(name), f"{path}.{name}")
        case (list(), list()) if len(before) == len(after):
            for number, pair in enumerate(zip(before, after, strict=True)):
                yield from differences(*pair, f"{path}[{number}]")
        case _ if before != after:
            yield f"{path}: {before!r} became {after!r}"
