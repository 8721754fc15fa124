"""Equal lines become rarer, and none is lost without being counted."""

from vinculo.process.repeated_lines import MAX_KEYS, RepeatedLines


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_equal_lines_come_after_growing_gaps_with_the_number_of_those_left_out() -> None:
    clock = Clock()
    lines = RepeatedLines(clock)
    admitted = {}
    for second in range(200):
        clock.seconds = 1000.0 + second
        omitted = lines.admit("kafka-unreachable")
        if omitted is not None:
            admitted[second] = omitted

    assert admitted == {0: 0, 5: 4, 15: 9, 35: 19, 75: 39, 135: 59, 195: 59}


def test_different_lines_do_not_affect_each_other() -> None:
    lines = RepeatedLines(Clock())

    assert [lines.admit(key) for key in ("a", "b", "a", "b")] == [0, 0, None, None]


def test_a_line_that_was_not_seen_for_a_minute_is_new_again() -> None:
    clock = Clock()
    lines = RepeatedLines(clock)
    assert lines.admit("a") == 0
    assert lines.admit("a") is None
    clock.seconds += 61

    assert lines.admit("a") == 0
    clock.seconds += 5
    assert lines.admit("a") == 0


def test_the_memory_is_limited_to_the_newest_lines() -> None:
    lines = RepeatedLines(Clock())
    for key in range(MAX_KEYS + 1):
        lines.admit(key)

    assert lines.admit(MAX_KEYS) is None
    assert lines.admit(0) == 0
