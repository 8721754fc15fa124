from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from vinculo.process.configuration_files import ConfigurationFileError, read_toml


class Colours(BaseModel):
    model_config = ConfigDict(extra="forbid")

    names: list[str]

    @model_validator(mode="after")
    def some(self) -> "Colours":
        if not self.names:
            raise ValueError("names no colour")
        return self


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    path = tmp_path / "shipped.toml"
    path.write_text('names = ["azul"]', encoding="utf-8")
    return path


def test_the_shipped_file_counts_where_none_is_given(shipped: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('names = ["añil"]', encoding="utf-8")

    assert read_toml(Colours, None, shipped).names == ["azul"]
    assert read_toml(Colours, own, shipped).names == ["añil"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"names = ", "not TOML: "),
        (b'names = ["\xff"]', "not TOML: "),
        (b"", "names: Field required"),
        (b"names = [1]\nsize = 2", "names.0: Input should be a valid string; size: "),
        (b"names = []", "Value error, names no colour"),
    ],
)
def test_a_file_is_refused_in_one_line_that_names_it(
    shipped: Path, tmp_path: Path, content: bytes, told: str
) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content)

    with pytest.raises(ConfigurationFileError) as refused:
        read_toml(Colours, own, shipped)

    assert str(refused.value).startswith(f"{own}: {told}")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_a_folder_is_refused(shipped: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigurationFileError, match=str(path)):
            read_toml(Colours, path, shipped)
