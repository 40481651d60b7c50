"""Points in time as text."""

import pytest

from fdscope.times import rfc3339


def test_a_fraction_is_cut_and_keeps_its_zeros():
    assert [rfc3339(seconds, digits=3) for seconds in (0, 0.0625, 1.9999, -0.25, -1)] == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.062Z",
        "1970-01-01T00:00:01.999Z",
        "1969-12-31T23:59:59.750Z",
        "1969-12-31T23:59:59.000Z",
    ]
    assert [rfc3339(seconds) for seconds in (1.5, -1.5)] == ["1970-01-01T00:00:01Z", "1969-12-31T23:59:58Z"]


def test_what_is_no_date_is_refused():
    with pytest.raises(ValueError, match="no date"):
        rfc3339(2**70)
