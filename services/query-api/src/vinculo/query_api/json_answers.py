"""Answers written by orjson: MongoDB's UUIDs and UTC times as they are, no model in between."""

from typing import Any

import orjson
from fastapi import Response

from vinculo.query_api.freshness import Freshness


def json_answer(
    body: Any,  # noqa: ANN401 - any JSON
    *,
    freshness: Freshness | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC),
        status_code=status,
        media_type="application/json",
        headers={
            "Cache-Control": "no-store",
            **({} if freshness is None else freshness.headers()),
            **(headers or {}),
        },
    )
