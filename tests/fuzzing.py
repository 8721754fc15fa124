"""Requests made from a service's OpenAPI document, and what its answers must keep to."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode, checks
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("VINCULO_FUZZ_EXAMPLES", "5"))
"""Requests per operation and caller, well-formed and as many that are not."""

Operation = APIOperation[Any, Any, Any, Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TELLING_WHAT_IS_WRONG = {
    "/onboarding/v1/registrations/validation",
    "/onboarding/v1/me/employment/validation",
}
"""Their answer to a wrong body is a success: they say what is wrong with it."""

BAD_BODIES = {
    "nothing": b"",
    "half an object": b'{"a": ',
    "a list": b"[]",
    "a key twice": b'{"email": "a@b.example", "email": "c@d.example"}',
    "not UTF-8": b'{"a": "\xff"}',
    "half a character": b'{"a": "\\ud800"}',
    "NUL": b'{"a": "\\u0000"}',
    "not a number": b'{"a": NaN}',
    "deep": b'{"a":' * 50_000,
    "too large": b'{"a": "' + b"x" * 200_000 + b'"}',
}


class Service:
    """One service's API, asked by several callers: their names, and a token or none.

    `known` are values of parameters in paths by which something is found.
    """

    def __init__(
        self,
        url: str,
        prefix: str,
        *,
        tokens: Mapping[str, str | None],
        known: Mapping[str, str],
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._known = known
        self._client = requests.Session()
        document = self._client.get(f"{url}/{prefix}/openapi.json", timeout=20).json()
        self._guarded = _without_security(document)
        self._schema: BaseSchema = schemathesis.openapi.from_dict(document)
        self._schema.config.update(base_url=url)

    def operations(self) -> Iterator[Operation]:
        for found in self._schema.get_all_operations():
            assert isinstance(found, Ok), found
            yield found.ok()

    def faults(self) -> list[str]:
        """Ask everything in every way; tell each answer that is not as the document says."""
        return [
            fault
            for operation in self.operations()
            for caller in self._tokens
            for mode in GenerationMode
            for fault in self._faults_of(operation, caller, mode)
        ]

    def faults_of_methods(self) -> list[str]:
        """A method that no document names is refused, and it is said which ones there are."""
        found = []
        for path, described in self._schema.raw_schema["paths"].items():
            for method in set(METHODS) - {name.upper() for name in described}:
                for caller, token in self._tokens.items():
                    answer = self._ask(method, path, token)
                    allowed = {name.strip().lower() for name in answer.headers["Allow"].split(",")}
                    if answer.status_code != requests.codes.not_allowed or not (
                        is_problem(answer) and described.keys() <= allowed
                    ):
                        found.append(f"{method} {path} as {caller}: {answer.status_code}")
        return found

    def faults_of_bodies(self) -> list[str]:
        """Whatever is no body that was asked for is refused as a problem."""
        found = []
        for operation in self.operations():
            if not operation.body:
                continue
            for what, body in BAD_BODIES.items():
                for media_type in ("application/json", "text/plain"):
                    for caller, token in self._tokens.items():
                        method, path = operation.method.upper(), operation.path
                        answer = self._ask(method, path, token, body, media_type)
                        if not is_problem(answer) or answer.status_code >= 500:
                            place = f"{method} {path} as {caller}, {what} of {media_type}"
                            found.append(f"{place}: {answer.status_code} {answer.text[:200]}")
        return found

    def _faults_of(self, operation: Operation, caller: str, mode: GenerationMode) -> list[str]:
        found: list[str] = []
        token = self._tokens[caller]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        place = f"{operation.method.upper()} {operation.path}"
        is_refused = token is None and place in self._guarded
        is_strict = bool(operation.body) and operation.path not in TELLING_WHAT_IS_WRONG
        checked = [*CHECKS, negative_data_rejection] if is_strict else CHECKS

        @settings(
            max_examples=1 if is_refused else EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._requests(operation, mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            try:
                case.call_and_validate(session=self._client, headers=headers, checks=checked)
            except schemathesis.errors.FailureGroup as failures:
                found.extend(f"{place} as {caller}: {failure}" for failure in failures.exceptions)

        with suppress(Unsatisfiable):  # Where nothing is asked for, nothing can be wrong.
            ask()
        return found

    def _requests(
        self, operation: Operation, mode: GenerationMode
    ) -> SearchStrategy[schemathesis.Case[Any]]:
        made_up = operation.as_strategy(generation_mode=mode)
        names = [parameter.name for parameter in operation.path_parameters]
        known = {name: self._known[name] for name in names if name in self._known}
        if not known:
            return made_up
        return made_up | operation.as_strategy(generation_mode=mode, path_parameters=known)

    def _ask(
        self,
        method: str,
        path: str,
        token: str | None,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> requests.Response:
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + str(uuid4()) + rest.partition("}")[2]
        headers = {"Content-Type": media_type}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._client.request(
            method, self._url + path, data=body, headers=headers, timeout=20, allow_redirects=False
        )


def _without_security(document: dict[str, Any]) -> set[str]:
    """Name the operations that need a token, and let them not be described so.

    The header is sent here; otherwise it would be made up, and what was made up replaced.
    """
    return {
        f"{method.upper()} {path}"
        for path, described in document["paths"].items()
        for method, operation in described.items()
        if operation.pop("security", None)
    }


def is_problem(answer: requests.Response) -> bool:
    if answer.headers.get("Content-Type") != "application/problem+json":
        return False
    problem = json.loads(answer.content)
    return bool(problem["status"] == answer.status_code and problem["title"] and problem["type"])
