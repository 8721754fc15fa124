import re
from importlib.resources import files

import httpx2
import pytest

from vinculo.httpapi.api_docs import CONTENT_POLICY

from .api_under_test import caller, things_app

PAGE = "/things/v1/docs"


async def test_the_page_needs_no_script_or_style_inside_it(things: httpx2.AsyncClient) -> None:
    page = await things.get(PAGE)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == CONTENT_POLICY
    assert re.findall(r"<script[^>]*>[^<]", page.text) == []
    assert re.search(r"<style|style=|\son[a-z]+=", page.text) is None


async def test_the_files_of_the_page_are_beside_it(things: httpx2.AsyncClient) -> None:
    page = await things.get(PAGE)
    paths = re.findall(r'(?:href|src)="([^"]+)"', page.text)

    assert len(paths) == 3
    for path in paths:
        response = await things.get(str(httpx2.URL("http://things.test" + PAGE).join(path)))
        assert response.status_code == 200, path


@pytest.mark.parametrize("path", [PAGE, "/things/v1/docs/reader.js", "/things/v1/openapi.json"])
async def test_nothing_is_served_when_the_documents_are_off(path: str) -> None:
    async with caller(things_app(api_docs_on=False)) as client:
        assert (await client.get(path)).status_code == 404


def test_the_script_inserts_texts_as_text_only() -> None:
    script = files("vinculo.httpapi").joinpath("docs_page/reader.js").read_text("utf-8")

    assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval", script)
