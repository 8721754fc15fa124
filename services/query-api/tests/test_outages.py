"""Without its servers every operation asks the client to repeat the request."""

from uuid import uuid4

import httpx2
import pytest
import urllib3
from minio.error import S3Error, ServerError

from vinculo.access import Role
from vinculo.httpapi.testing import call_every_operation
from vinculo.query_api.exports.object_store import is_store_lost
from vinculo.query_api.main import query_app
from vinculo.query_api.mongo import connect
from vinculo.testing.storage import S3

from .event_samples import FakeKeyRing
from .query_service import ISSUER, settings_for, token, verifier

NOWHERE = S3(url="http://127.0.0.1:1", access_key="a", secret_key="s", bucket="exports")
MONGO_URL = "mongodb://127.0.0.1:1/query"
CONSTANT = {"GET /query/v1/titles", "GET /query/v1/lists/{name}"}
VALUES = {"name": "customers", "token": "t" * 43, "from": str(uuid4()), "to": str(uuid4())}


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_without_the_servers_every_operation_is_to_be_repeated(driver: str) -> None:
    mongo = connect(MONGO_URL, driver, wait_seconds=0.05)
    app = query_app(settings_for(MONGO_URL, NOWHERE), mongo, verifier(), FakeKeyRing())
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as client:
        callers = [dict(token(Role.APPLICANT)), dict(token(Role.ADMIN, Role.AUDITOR))]
        responses = await call_every_operation(app, client, callers, VALUES)
    await mongo.close()

    assert {name for name, each in responses.items() if each.status_code == 200} == CONSTANT
    for name, response in responses.items():
        if name not in CONSTANT:
            assert response.status_code == 503, (name, response.text)
            assert response.json()["type"] == "urn:vinculo:problem:service-unavailable"
            assert response.headers["retry-after"] == "5"


def test_a_store_that_cannot_answer_is_as_one_that_cannot_be_reached() -> None:
    def s3_error(status: int) -> S3Error:
        response = urllib3.HTTPResponse(status=status)
        return S3Error(response, "Code", None, "/", "r", "h")

    assert is_store_lost(urllib3.exceptions.ReadTimeoutError(None, "/", "slow"))  # type: ignore[arg-type]
    assert is_store_lost(ServerError("bad gateway", 502))
    assert is_store_lost(s3_error(503))
    assert not is_store_lost(s3_error(403))
