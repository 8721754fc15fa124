"""Generates requests from a service's OpenAPI document and checks the responses against it."""

import itertools
import json
import math
import os
import time
from collections.abc import Mapping
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
"""Valid requests per operation, each as every caller, and the same number of invalid ones."""

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

SESSION_ENDINGS = ("DELETE /onboarding/v1/sessions", "DELETE /onboarding/v1/sessions/current")
"""They are sent last, because afterwards their callers' tokens are refused."""

ANONYMOUS = "anonymous"
TOKEN_SECONDS = 300
"""The age from which tokens are replaced; they are valid for twice as long."""

CALLER_REFUSED = ("token-missing", "forbidden")
"""Problems of requests whose content does not matter."""

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

    `accounts` are bodies to sign in with at `sign_in_url`, by role; an anonymous caller is added.
    `known` are path parameters of existing resources.
    """

    def __init__(
        self,
        url: str,
        prefix: str,
        *,
        sign_in_url: str,
        accounts: Mapping[str, Mapping[str, str]],
        known: Mapping[str, str],
    ) -> None:
        self._url = url
        self._sign_in_url = sign_in_url
        self._accounts = accounts
        self._tokens: dict[str, str] = {}
        self._signed_in_at = -math.inf
        self._roles_in_turn = itertools.cycle(accounts)
        self._known = known
        self._client = requests.Session()
        document = self._client.get(f"{url}/{prefix}/v1/openapi.json", timeout=30).json()
        _remove_security(document)
        self._schema: BaseSchema = schemathesis.openapi.from_dict(document)
        self._schema.config.update(base_url=url)

    def operations(self) -> list[Operation]:
        found: list[Operation] = []
        for result in self._schema.get_all_operations():
            assert isinstance(result, Ok), result
            found.append(result.ok())
        return sorted(found, key=lambda each: name_of(each) in SESSION_ENDINGS)

    def response_violations(self) -> list[str]:
        """Valid and invalid requests to every operation; responses that violate the document."""
        return [
            violation
            for operation in self.operations()
            for mode in GenerationMode
            for violation in self._violations_of(operation, mode)
        ]

    def method_violations(self) -> list[str]:
        """Undocumented methods that are not rejected with 405 and an Allow header."""
        found = []
        for path, described in self._schema.raw_schema["paths"].items():
            for method in sorted(set(METHODS) - {name.upper() for name in described}):
                for caller in self._anonymous_and_the_next_role():
                    response = self._send(method, path, caller)
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
                    for caller in self._anonymous_and_the_next_role():
                        method, path = operation.method.upper(), operation.path
                        response = self._send(method, path, caller, body, media_type)
                        if not is_problem(response) or response.status_code >= 500:
                            request = f"{method} {path} as {caller}, {what} of {media_type}"
                            found.append(f"{request}: {response.status_code} {response.text[:200]}")
        return found

    def _anonymous_and_the_next_role(self) -> tuple[str, str]:
        """Every role in turn, because the role does not matter to these requests."""
        return ANONYMOUS, next(self._roles_in_turn)

    def _violations_of(self, operation: Operation, mode: GenerationMode) -> list[str]:
        """Send each generated request as every caller; a caller who may not call at all, once."""
        found: list[str] = []
        name = name_of(operation)
        callers = {ANONYMOUS, *self._accounts}
        is_strict = bool(operation.body) and operation.path not in VALIDATION_ROUTES
        checked = [*CHECKS, negative_data_rejection] if is_strict else CHECKS

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._requests(operation, mode))
        def send(case: schemathesis.Case[Any]) -> None:
            for caller in sorted(callers):
                headers = self._authorization(caller)
                response = case.call(session=self._client, headers=headers)
                try:
                    case.validate_response(response, checks=checked)
                except schemathesis.errors.FailureGroup as failures:
                    found.extend(f"{name} as {caller}: {each}" for each in failures.exceptions)
                problem = problem_type(response)
                if problem == "token-invalid" and name not in SESSION_ENDINGS:
                    found.append(f"{name} as {caller}: refuses a valid token")
                if problem in CALLER_REFUSED:
                    callers.remove(caller)

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

    def _authorization(self, caller: str) -> dict[str, str]:
        if caller == ANONYMOUS:
            return {}
        if time.monotonic() > self._signed_in_at + TOKEN_SECONDS:
            self._signed_in_at = time.monotonic()
            self._tokens = {role: self._sign_in(role) for role in self._accounts}
        return {"Authorization": f"Bearer {self._tokens[caller]}"}

    def _sign_in(self, role: str) -> str:
        response = self._client.post(self._sign_in_url, json=self._accounts[role], timeout=30)
        assert response.status_code == requests.codes.created, f"{role}: {response.text}"
        return str(response.json()["access_token"])

    def _send(
        self,
        method: str,
        path: str,
        caller: str,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> requests.Response:
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + str(uuid4()) + rest.partition("}")[2]
        headers = {"Content-Type": media_type}
        headers |= self._authorization(caller)
        return self._client.request(
            method, self._url + path, data=body, headers=headers, timeout=30, allow_redirects=False
        )


def _remove_security(document: dict[str, Any]) -> None:
    """The Authorization header is sent here and must not be generated."""
    for described in document["paths"].values():
        for operation in described.values():
            operation.pop("security", None)


def is_problem(response: requests.Response) -> bool:
    if response.headers.get("Content-Type") != "application/problem+json":
        return False
    problem = json.loads(response.content)
    return bool(problem["status"] == response.status_code and problem["title"] and problem["type"])


def problem_type(response: schemathesis.Response) -> str:
    """The last part of the problem's type; empty for other responses."""
    if response.headers.get("content-type") != ["application/problem+json"]:
        return ""
    return str(response.json()["type"]).rpartition(":")[2]


def name_of(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"
