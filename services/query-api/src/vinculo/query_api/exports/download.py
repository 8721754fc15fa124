"""A file on its way out, whose source is closed also when the reader goes away."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from vinculo.query_api.exports.formats import MEDIA_TYPES, Format


class Download(StreamingResponse):
    """Without this a reader that goes away would leave the connection to the store to chance."""

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], job: Mapping[str, Any], zone: ZoneInfo
    ) -> None:
        super().__init__(
            pieces,
            media_type=MEDIA_TYPES[Format(job["format"])],
            headers={
                "Content-Disposition": f'attachment; filename="{_name(job, zone)}"',
                "Content-Length": str(job["size_bytes"]),
                "Cache-Control": "no-store",
            },
        )
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)


def _name(job: Mapping[str, Any], zone: ZoneInfo) -> str:
    requested_at: datetime = job["requested_at"]
    return f"{job['list']}-{requested_at.astimezone(zone):%Y-%m-%d}.{job['format']}"
