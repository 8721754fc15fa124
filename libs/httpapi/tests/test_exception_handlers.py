"""Every error response is a problem as in RFC 9457."""

import httpx2
import pytest

from vinculo.httpapi import Problem, service_app

from .api_under_test import caller, problem_of, things_app


async def test_a_refusal_of_the_domain_has_its_status_type_and_title(
    things: httpx2.AsyncClient,
) -> None:
    response = await things.post("/things/v1/refusals/taken")

    problem = problem_of(response)
    assert response.status_code == 409
    assert problem["type"] == "urn:vinculo:problem:thing-taken"
    assert problem["title"] == "It is taken"


async def test_a_refusal_may_have_more_members(things: httpx2.AsyncClient) -> None:
    problem = problem_of(await things.post("/things/v1/refusals/steps"))

    assert problem["missing"] == ["email", "documents"]


async def test_a_problem_raised_by_a_route_is_rendered_completely(
    things: httpx2.AsyncClient,
) -> None:
    response = await things.get("/things/v1/problems")

    problem = problem_of(response)
    assert response.status_code == 410
    assert response.headers["retry-after"] == "1"
    assert problem["detail"] == "A new one was sent."
    assert problem["errors"][0] == {"field": "link_id", "code": "expired", "message": "Venció"}
    assert problem["sent"] is True


@pytest.mark.parametrize(("language", "message"), [("en", "At most 3"), ("es", "Máximo 3")])
async def test_a_field_error_without_a_message_has_the_catalogues(
    language: str, message: str
) -> None:
    async with caller(things_app(), {"accept-language": language}) as client:
        problem = problem_of(await client.get("/things/v1/problems"))

    assert problem["errors"][1] == {"field": "tags", "code": "too-many-tags", "message": message}


@pytest.mark.parametrize(
    ("seconds", "language", "detail"),
    [
        (1, "en", "Try again in 1 second."),
        (60, "en", "Try again in 1 minute."),
        (61, "en", "Try again in 2 minutes."),
        (3569, "en", "Try again in 1 hour."),
        (3601, "en", "Try again in 2 hours."),
        (5, "es", "Intente de nuevo en 5 segundos."),
        (3500, "es", "Intente de nuevo en 59 minutos."),
    ],
)
async def test_a_problem_says_the_wait_in_words(seconds: int, language: str, detail: str) -> None:
    app = service_app("things", [], readiness={})

    @app.get("/things/v1/limited")
    async def limited() -> None:
        raise Problem(429, "too-many-things", retry_after_seconds=seconds)

    async with caller(app, {"accept-language": language}) as client:
        response = await client.get("/things/v1/limited")

    assert response.headers["retry-after"] == str(seconds)
    assert problem_of(response)["detail"] == detail


async def test_a_problem_without_a_title_has_the_phrase_of_its_status(
    things: httpx2.AsyncClient,
) -> None:
    assert problem_of(await things.get("/things/v1/problems"))["title"] == "Gone"


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        (None, "Ya está tomado"),
        ("es-CO,es;q=0.9", "Ya está tomado"),
        ("en-GB,en;q=0.9,es;q=0.8", "It is taken"),
        ("fr,de;q=0.5", "Ya está tomado"),
        ("es;q=0.1,en;q=0.2", "It is taken"),
        ("en;q=0", "Ya está tomado"),
        ("en;q=nonsense", "Ya está tomado"),
        (";;;,,,=", "Ya está tomado"),
    ],
)
async def test_titles_are_in_the_requested_language_or_in_spanish(
    accepted: str | None, title: str
) -> None:
    headers = {"accept-language": accepted} if accepted else {"accept-language": ""}
    async with caller(things_app(), headers) as client:
        response = await client.post("/things/v1/refusals/taken")

    assert response.json()["title"] == title
    assert response.headers["content-language"] == ("en" if title == "It is taken" else "es")


async def test_an_unknown_path_is_a_problem(things: httpx2.AsyncClient) -> None:
    problem = problem_of(await things.get("/things/v1/nothing"))

    assert problem["type"] == "urn:vinculo:problem:not-found"
    assert problem["title"] == "Not found"


async def test_a_method_not_allowed_is_a_problem(things: httpx2.AsyncClient) -> None:
    response = await things.put("/things/v1/things")

    assert problem_of(response)["status"] == 405
    assert response.headers["allow"] == "POST"


async def test_allow_names_every_method_of_the_path(things: httpx2.AsyncClient) -> None:
    response = await things.put("/things/v1/things/1")

    assert problem_of(response)["status"] == 405
    assert response.headers["allow"] == "DELETE, GET"


async def test_a_conflict_of_versions_is_409(things: httpx2.AsyncClient) -> None:
    problem = problem_of(await things.post("/things/v1/conflicts"))

    assert (problem["status"], problem["type"]) == (409, "urn:vinculo:problem:stream-changed")


async def test_a_conflict_with_the_version_of_if_match_is_412(things: httpx2.AsyncClient) -> None:
    response = await things.post("/things/v1/conflicts", headers={"if-match": '"3"'})

    problem = problem_of(response)
    assert (problem["status"], problem["type"]) == (412, "urn:vinculo:problem:version-changed")


async def test_a_failure_is_a_problem_with_a_trace_id_and_no_details(
    things: httpx2.AsyncClient,
) -> None:
    response = await things.get("/things/v1/failures")

    problem = problem_of(response)
    assert response.status_code == 500
    assert set(problem) == {"type", "title", "status", "trace_id"}
    assert "canary" not in response.text
