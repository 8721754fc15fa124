"""Types of form fields. Their limits only bound what is read; the rules of a field come after."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from vinculo.translation import load_catalogue
from vinculo.values.cleaning import typed_code

LANGUAGES: Final = load_catalogue("vinculo.onboarding").languages
DEFAULT_COUNTRY: Final = "CO"


class _OneOfLanguages:
    """The languages of the catalogue as an enumeration, also in the OpenAPI document."""

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        return core_schema.literal_schema(list(LANGUAGES), ref=f"{__name__}.Locale:0")

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "title": "Locale"}


Locale = Annotated[str, _OneOfLanguages()]
ShortText = Annotated[str, Field(max_length=320)]
Line = Annotated[str, Field(max_length=120)]
Code = Annotated[str, Field(max_length=40)]
Password = Annotated[str, Field(max_length=1024, repr=False)]
Token = Annotated[str, Field(max_length=200, repr=False)]
ConfirmationCode = Annotated[str, Field(max_length=20, repr=False), AfterValidator(typed_code)]


class FormBody(BaseModel):
    """A request body: unknown fields are refused, and errors do not repeat personal input."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
