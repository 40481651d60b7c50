"""Numbers with units: what people write, exactly; and nothing but ValueError for what they should not."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.units import COUNTS, SIZES, TIMES, count, number_of_bytes, rate, seconds


@pytest.mark.parametrize(
    ("of", "word", "wanted"),
    [
        (seconds, "60", 60.0),
        (seconds, "60s", 60.0),
        (seconds, "5min", 300.0),
        (seconds, "2h", 7200.0),
        (seconds, "1.5d", 129600.0),
        (seconds, ".5", 0.5),
        (seconds, "250ms", 0.25),
        (seconds, "3µs", 3e-6),
        (seconds, " 5 min ", 300.0),
        (number_of_bytes, "512", 512),
        (number_of_bytes, "1G", 2**30),
        (number_of_bytes, "1GiB", 2**30),
        (number_of_bytes, "1GB", 10**9),
        (number_of_bytes, "1.5K", 1536),
        (number_of_bytes, "9007199254740993", 2**53 + 1),
        (count, "50k", 50_000),
        (count, "2M", 2_000_000),
        (count, "2K", 2_000),
        (count, "0.5k", 500),
        (rate, "10/s", 10.0),
        (rate, "50k/s", 50_000.0),
        (rate, "3/min", 0.05),
        (rate, "7", 7.0),
        (rate, "36/h", 0.01),
    ],
)
def test_a_number_with_a_unit_means_what_it_says(of, word, wanted):
    assert of(word) == pytest.approx(wanted, rel=1e-12)
    assert isinstance(of(word), type(wanted)) or of in (seconds, rate)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (seconds, ["", "s", "-1", "1m", "1.2.3", "1e3", "nan", "inf", "1 2", "٣", "1\u00a0s", "1s1s", "9" * 40]),
        (number_of_bytes, ["1.3", "1Gib", "1s", "0.0001K", "µ"]),
        (count, ["1.5", "1KiB", "k", "0.0005k"]),
        (rate, ["10/", "/s", "10/x", "10/s/s", "10M/5s", "10/-s"]),
    ],
)
def test_what_is_no_such_number_is_told_with_the_word(of, words):
    for word in words:
        with pytest.raises(ValueError, match=r"is not an? ") as told:
            of(word)
        assert f"'{word[:60]}'" in str(told.value)


@given(st.text(max_size=12), st.sampled_from([seconds, number_of_bytes, count, rate]))
def test_no_text_raises_anything_but_value_error(word, of):
    with contextlib.suppress(ValueError):
        assert of(word) >= 0


@given(st.integers(0, 10**12))
def test_whole_numbers_stay_exact_with_every_unit(number):
    assert all(number_of_bytes(f"{number}{unit}") == number * size for unit, size in SIZES.items())
    assert all(count(f"{number}{unit}") == number * times for unit, times in COUNTS.items())
    assert all(seconds(f"{number}{unit}") == number * length for unit, length in TIMES.items())
