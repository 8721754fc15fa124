"""Generates requests from a service's OpenAPI document and checks the responses against it."""

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
"""Valid requests per operation and caller, and the same number of invalid ones."""

Operation = APIOperation[Any, Any, Any, Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
VALIDATION_ROUTES = {
    "/onboarding/v1/registrations/validation",
    "/onboarding/v1/me/employment/validation",
}
"""They respond to an invalid body with 200 and the list of errors."""

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


class ApiFuzzer:
    """Sends generated requests to one service as several callers.

    `tokens` are the callers' tokens by name, None for an anonymous caller. `known` are path
    parameters of existing resources.
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

    def response_violations(self) -> list[str]:
        """Valid and invalid requests to every operation; responses that violate the document."""
        return [
            violation
            for operation in self.operations()
            for caller in self._tokens
            for mode in GenerationMode
            for violation in self._violations_of(operation, caller, mode)
        ]

    def method_violations(self) -> list[str]:
        """Undocumented methods that are not rejected with 405 and an Allow header."""
        found = []
        for path, described in self._schema.raw_schema["paths"].items():
            for method in set(METHODS) - {name.upper() for name in described}:
                for caller, token in self._tokens.items():
                    response = self._send(method, path, token)
                    allowed = {
                        name.strip().lower() for name in response.headers["Allow"].split(",")
                    }
                    if response.status_code != requests.codes.not_allowed or not (
                        is_problem(response) and described.keys() <= allowed
                    ):
                        found.append(f"{method} {path} as {caller}: {response.status_code}")
        return found

    def body_violations(self) -> list[str]:
        """Malformed bodies that are not rejected with a problem."""
        found = []
        for operation in self.operations():
            if not operation.body:
                continue
            for what, body in BAD_BODIES.items():
                for media_type in ("application/json", "text/plain"):
                    for caller, token in self._tokens.items():
                        method, path = operation.method.upper(), operation.path
                        response = self._send(method, path, token, body, media_type)
                        if not is_problem(response) or response.status_code >= 500:
                            request = f"{method} {path} as {caller}, {what} of {media_type}"
                            found.append(f"{request}: {response.status_code} {response.text[:200]}")
        return found

    def _violations_of(self, operation: Operation, caller: str, mode: GenerationMode) -> list[str]:
        found: list[str] = []
        token = self._tokens[caller]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        name = f"{operation.method.upper()} {operation.path}"
        is_rejected = token is None and name in self._guarded
        is_strict = bool(operation.body) and operation.path not in VALIDATION_ROUTES
        checked = [*CHECKS, negative_data_rejection] if is_strict else CHECKS

        @settings(
            max_examples=1 if is_rejected else EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._requests(operation, mode))
        def send(case: schemathesis.Case[Any]) -> None:
            try:
                case.call_and_validate(session=self._client, headers=headers, checks=checked)
            except schemathesis.errors.FailureGroup as failures:
                found.extend(f"{name} as {caller}: {failure}" for failure in failures.exceptions)

        with suppress(Unsatisfiable):  # An operation without parameters has no invalid requests.
            send()
        return found

    def _requests(
        self, operation: Operation, mode: GenerationMode
    ) -> SearchStrategy[schemathesis.Case[Any]]:
        generated = operation.as_strategy(generation_mode=mode)
        names = [parameter.name for parameter in operation.path_parameters]
        known = {name: self._known[name] for name in names if name in self._known}
        if not known:
            return generated
        return generated | operation.as_strategy(generation_mode=mode, path_parameters=known)

    def _send(
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
    """Remove the security requirements; the operations that had one.

    The Authorization header is sent here and must not be generated.
    """
    return {
        f"{method.upper()} {path}"
        for path, described in document["paths"].items()
        for method, operation in described.items()
        if operation.pop("security", None)
    }


def is_problem(response: requests.Response) -> bool:
    if response.headers.get("Content-Type") != "application/problem+json":
        return False
    problem = json.loads(response.content)
    return bool(problem["status"] == response.status_code and problem["title"] and problem["type"])
