from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from vinculo.process.configuration_files import ConfigurationFileError, read_toml


class Colours(BaseModel):
    model_config = ConfigDict(extra="forbid")

    names: list[str]

    @model_validator(mode="after")
    def has_names(self) -> "Colours":
        if not self.names:
            raise ValueError("has no colour")
        return self


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    path = tmp_path / "shipped.toml"
    path.write_text('names = ["azul"]', encoding="utf-8")
    return path


def test_without_a_path_the_shipped_file_is_read(shipped: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('names = ["añil"]', encoding="utf-8")

    assert read_toml(Colours, None, shipped).names == ["azul"]
    assert read_toml(Colours, own, shipped).names == ["añil"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"names = ", "not TOML: "),
        (b'names = ["\xff"]', "not TOML: "),
        (b"", "names: Field required"),
        (b"names = [1]\nsize = 2", "names.0: Input should be a valid string; size: "),
        (b"names = []", "Value error, has no colour"),
    ],
)
def test_an_invalid_file_is_refused_with_one_line_that_names_it(
    shipped: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content)

    with pytest.raises(ConfigurationFileError) as error:
        read_toml(Colours, own, shipped)

    assert str(error.value).startswith(f"{own}: {message}")
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder_are_refused(shipped: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigurationFileError, match=str(path)):
            read_toml(Colours, path, shipped)
