"""Numbers of a sweep, where they are known."""

from lstm_research.results.swept import Field, Setting, fields_of, importances, sensitivity


def settings(*pairs):
    return [Setting("", {"rate": rate}, value, None, []) for rate, value in pairs]


def test_ranges_hold_every_setting_once_and_what_diverged_is_the_worst():
    """Fails where an end of the range, or what diverged, is left out, or is no worse than anything."""
    group = settings((1e-3, 0.5), (2e-3, 0.4), (9e-3, 0.3), (0.02, 0.2), (0.5, None), (0.9, None), (1.0, 0.9))
    found = sensitivity({"a": group, "b": settings((1.0, None))}, Field("rate", True, (), True), False)
    assert [(one.compared, one.settings, one.diverged, one.best, one.median) for one in found] == [
        ("a", 3, 0, 0.3, 0.4), ("a", 1, 0, 0.2, 0.2), ("a", 3, 2, 0.9, None), ("b", 1, 1, None, None),
    ]  # fmt: skip
    each = sensitivity({"a": group}, Field("rate", True, (), False), True)
    assert [one.low for one in each] == [one.high for one in each] == [one.point["rate"] for one in group]


def test_axes_are_those_of_the_space():
    group = settings((1e-3, 0.5), (1.0, 0.4))
    (of_space,), (seen,) = fields_of({"": group}, {"rate": "linear"}), fields_of({"": group}, {})
    assert (of_space.log, seen.log) == (False, True)
    (named,) = fields_of({"": settings(("b", 0.1), (True, 0.2), ("a", 0.3))}, {})
    assert [named.place(x) for x in ("a", "b", True)] == [1.0, 2.0, 0.0]


def test_nothing_is_important_where_all_diverged():
    assert importances({"": settings(*((0.1 * k, None) for k in range(9)))}, False) == []
