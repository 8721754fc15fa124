"""Loads the plugin that gives every member's tests the real servers."""

pytest_plugins = ["vinculo.local.testing.plugin"]
