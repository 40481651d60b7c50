"""Bytes to text and back: nothing is lost, whatever the bytes were."""

from hypothesis import given
from hypothesis import strategies as st

from fdscope.text import is_clean, original, text


@given(st.binary())
def test_every_byte_comes_back(data):
    assert original(text(data)) == data


@given(st.text())
def test_valid_utf_8_is_clean_and_reads_as_itself(string):
    assert text(string.encode()) == string
    assert is_clean(string)


@given(st.binary())
def test_clean_means_that_the_bytes_were_utf_8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_clean(text(data))
    else:
        assert is_clean(text(data))
