"""A form while it is filled in: fields may be missing, and malformed ones are reported."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Draft = TypeVar("Draft", bound=BaseModel)


class DraftBody(dict[str, Any]):
    """A request body that accepts any object and is described as `model` in the OpenAPI document.

    The model itself would refuse the whole body for one malformed field. `x-model` tells the
    document the body's name, because pydantic writes such a schema inline.
    """

    model: ClassVar[type[BaseModel]]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        return core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(cls.model.__pydantic_core_schema__), "x-model": cls.__name__}


def read_draft(
    model: type[Draft],
    body: Mapping[str, Any],
    complete: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> tuple[Draft, Sequence[Any]]:
    """The draft of the well-formed fields, and pydantic's errors of the malformed ones."""
    try:
        return model.model_validate(complete(body)), ()
    except ValidationError as invalid:
        errors = invalid.errors()
    malformed = {error["loc"][0] for error in errors}
    rest = {name: value for name, value in body.items() if name not in malformed}
    return model.model_validate(complete(rest)), errors
