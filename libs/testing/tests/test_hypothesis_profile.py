"""The profile of Hypothesis that the plugin loads asserts no times."""

from hypothesis import HealthCheck, settings


def test_examples_of_any_duration_pass() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
