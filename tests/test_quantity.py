"""Numbers as people read them."""

from hypothesis import given
from hypothesis import strategies as st

from fdscope.quantity import duration, many, size


def test_sizes_have_a_binary_unit_and_about_three_digits():
    told = [size(number) for number in (0, 1, 1023, 1024, 1536, 10 * 1024, 1 << 20, 5 << 30, 1 << 60, 1 << 70)]
    assert told == [
        "0 B",
        "1 B",
        "1023 B",
        "1.0 KiB",
        "1.5 KiB",
        "10 KiB",
        "1.0 MiB",
        "5.0 GiB",
        "1.0 EiB",
        "1024 EiB",
    ]


@given(st.integers(min_value=0))
def test_no_number_is_too_large_for_a_size(number):
    assert size(number).split()[1] in ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def test_durations_have_at_most_two_units():
    told = [duration(number) for number in (0, 0.25, 9.5, 42, 60, 200, 3600, 18720, 86400, 273600)]
    assert told == ["0 s", "0.25 s", "9.5 s", "42 s", "1 min", "3 min 20 s", "1 h", "5 h 12 min", "1 d", "3 d 4 h"]


def test_a_short_duration_is_not_rounded_to_nothing():
    told = [duration(number) for number in (0.01, 0.0025, 0.001, 0.0005, 1e-6, 5e-7, 1e-9)]
    assert told == ["0.01 s", "2.5 ms", "1 ms", "500 µs", "1 µs", "500 ns", "1 ns"]


def test_nouns_agree_with_their_numbers():
    assert [many(1, "thread"), many(2, "thread"), many(12345, "process", "processes")] == [
        "1 thread",
        "2 threads",
        "12,345 processes",
    ]
