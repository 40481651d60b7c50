"""How long an answer may take, by what Prometheus says of its patience."""

import pytest

from fdscope.report.web import patience


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("10", 9.0),
        ("0.5", 0.45),
        (None, None),
        ("", None),
        ("soon", None),
        ("0", None),
        ("-3", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_a_tenth_of_the_patience_is_left_for_the_way_and_what_is_no_time_is_not_heeded(header, seconds):
    assert patience(header) == seconds
