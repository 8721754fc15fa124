"""Serves the OpenAPI document and a page to read it, which needs nothing from other servers.

The page is in the document's language, English. Its policy allows files of its own origin only; the
gateway sends the same one.
"""

from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from vinculo.httpapi.health import public

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOLDER: Final = Path(__file__).with_name("docs_page")


def api_docs(app: FastAPI, prefix: str) -> APIRouter:
    """`openapi.json`, `docs` and the page's files, under the prefix."""
    router = APIRouter(prefix=prefix, include_in_schema=False)

    @router.get("/openapi.json")
    @public
    async def document() -> Response:
        return Response(orjson.dumps(app.openapi()), media_type="application/json")

    def add_file(path: str, name: str, media_type: str) -> None:
        content = (_FOLDER / name).read_bytes()
        headers = {"content-security-policy": CONTENT_POLICY, "x-content-type-options": "nosniff"}

        @router.get(path, name=f"docs {name}")
        @public
        async def file() -> Response:
            return Response(content, headers=headers, media_type=media_type)

    add_file("/docs", "docs.html", "text/html")
    add_file("/docs/reader.js", "reader.js", "text/javascript")
    add_file("/docs/reader.css", "reader.css", "text/css")
    return router
