"""Arguments of `vinculo populate`."""

import pytest
from typer.testing import CliRunner

from vinculo.population.__main__ import app


@pytest.mark.parametrize("people", ["0", "-1", "5000001", "many"])
def test_an_invalid_number_of_people_is_rejected(people: str) -> None:
    result = CliRunner().invoke(app, ["--people", people])

    assert result.exit_code == 2
    assert "--people" in result.output
