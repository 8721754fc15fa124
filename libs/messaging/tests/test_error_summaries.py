from pydantic import BaseModel, ValidationError

from vinculo.messaging import PoisonMessage, safe_reason


class Person(BaseModel):
    name: str
    ages: dict[str, int]


def test_a_validation_error_is_summarised_by_fields_without_values() -> None:
    try:
        Person.model_validate({"ages": {"Ana María": "secret"}})
    except ValidationError as error:
        reason = safe_reason(error)

    assert reason == "ValidationError: name missing, ages.* int_parsing"


def test_another_error_is_summarised_by_class_and_location() -> None:
    try:
        int("secret")
    except ValueError as error:
        reason = safe_reason(error)

    assert reason.startswith("ValueError in test_error_summaries.test_another_error")
    assert "secret" not in reason


def test_the_reason_of_a_poison_message_is_used_as_it_is() -> None:
    assert safe_reason(PoisonMessage("status: unknown")) == "status: unknown"


def test_an_error_that_was_never_raised_is_summarised_by_class() -> None:
    assert safe_reason(OSError("secret")) == "OSError"
