from pydantic import BaseModel, ValidationError

from vinculo.messaging import PoisonMessage, safe_reason


class Person(BaseModel):
    name: str
    ages: dict[str, int]


def test_a_validation_names_fields_and_never_values() -> None:
    try:
        Person.model_validate({"ages": {"Ana María": "secret"}})
    except ValidationError as error:
        reason = safe_reason(error)

    assert reason == "ValidationError: name missing, ages.* int_parsing"


def test_another_error_names_its_class_and_place() -> None:
    try:
        int("secret")
    except ValueError as error:
        reason = safe_reason(error)

    assert reason.startswith("ValueError in test_failures.test_another_error")
    assert "secret" not in reason


def test_a_broken_records_reason_is_its_own() -> None:
    assert safe_reason(PoisonMessage("status: unknown")) == "status: unknown"


def test_an_error_never_raised_is_named_alone() -> None:
    assert safe_reason(OSError("secret")) == "OSError"
