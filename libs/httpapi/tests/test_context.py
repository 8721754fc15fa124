from uuid import UUID, uuid4

import httpx2
import pytest

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_request_gets_a_correlation_id_and_a_trace(things: httpx2.AsyncClient) -> None:
    response = await things.get("/things/v1/meta")

    meta = response.json()
    assert response.headers["correlation-id"] == str(UUID(meta["correlation_id"]))
    version, trace_id, span_id, flags = meta["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id), flags) == ("00", 32, 16, "00")


async def test_the_callers_trace_and_correlation_id_are_continued(
    things: httpx2.AsyncClient,
) -> None:
    correlation_id = str(uuid4())

    meta = (
        await things.get(
            "/things/v1/meta",
            headers={
                "correlation-id": correlation_id,
                "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
            },
        )
    ).json()

    assert meta["correlation_id"] == correlation_id
    assert meta["traceparent"].startswith(f"00-{TRACE}-")
    assert meta["traceparent"].endswith("-01")
    assert "00f067aa0ba902b7" not in meta["traceparent"]


async def test_a_problem_has_the_callers_trace_id(things: httpx2.AsyncClient) -> None:
    response = await things.get(
        "/nothing", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    )

    assert response.json()["trace_id"] == TRACE


@pytest.mark.parametrize(
    "headers",
    [
        {"correlation-id": "1020304050"},
        {"correlation-id": "persona@example.com"},
        {"correlation-id": "x" * 5000},
        {"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"},
        {"traceparent": "nonsense"},
        {"traceparent": f"ff-{TRACE}-00f067aa0ba902b7-01"},
    ],
)
async def test_an_invalid_id_is_replaced(
    things: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    response = await things.get("/things/v1/meta", headers=headers)

    assert UUID(response.json()["correlation_id"])
    for value in headers.values():
        assert value not in response.text


async def test_each_request_has_its_own_ids(things: httpx2.AsyncClient) -> None:
    first = await things.get("/things/v1/meta")
    second = await things.get("/things/v1/meta")

    assert first.json()["correlation_id"] != second.json()["correlation_id"]
    assert first.json()["traceparent"] != second.json()["traceparent"]
