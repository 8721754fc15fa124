"""Loads the plugin that gives every member's tests the real servers, and shares tests out.

Several processes can run the tests (`-n 2 --dist loadgroup`): one file's tests stay together, and
so do all journeys, which share one running system.
"""

import pytest

pytest_plugins = ["vinculo.local.testing.plugin"]

JOURNEYS = "tests"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        file = item.path.relative_to(config.rootpath)
        group = JOURNEYS if file.parts[0] == JOURNEYS else str(file)
        item.add_marker(pytest.mark.xdist_group(group))
