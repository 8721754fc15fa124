import pytest
from pydantic import TypeAdapter, ValidationError

from vinculo.process import TimeZoneSetting

setting = TypeAdapter[str](TimeZoneSetting)


def test_a_time_zone_is_named_as_the_database_of_zones_does() -> None:
    assert setting.validate_python("America/Bogota") == "America/Bogota"


@pytest.mark.parametrize("name", ["Bogota", "", "/etc/passwd", "../UTC", "America", "a\0b"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        setting.validate_python(name)
