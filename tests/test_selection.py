"""TARGET words: pids, ``self`` and names; what makes no sense is a UsageError and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.selection import Candidate, Selected, UsageError, named, select

NGINX = Candidate(10, "nginx", ["nginx: master process /usr/sbin/nginx"], 100)
WORKER = Candidate(11, "nginx", ["nginx: worker process"], 110)
PYTHON = Candidate(20, "python3", ["/usr/bin/python3", "server.py"], 200)
NAMELESS = Candidate(30, "", [], 300)
LONG = Candidate(40, "a-name-longer-t", ["/opt/a-name-longer-than-fifteen", "-x"], 400)
OWN = Candidate(50, "fdscope", ["fdscope", "server.py"], 500)
ALL = [NGINX, WORKER, PYTHON, NAMELESS, LONG, OWN]


def chosen(*words):
    return select(words, lambda: ALL, own_pid=50)


def test_a_name_means_every_process_of_that_name():
    assert chosen("nginx") == ([Selected(10, 100), Selected(11, 110)], [])


def test_a_name_longer_than_the_kernel_keeps_is_found_in_the_command():
    assert chosen("a-name-longer-than-fifteen") == ([Selected(40, 400)], [])
    assert named("opt", [LONG, Candidate(1, "x", ["/opt/y"], 1)], own_pid=None) == [
        LONG,
        Candidate(1, "x", ["/opt/y"], 1),
    ]
    program = Candidate(2, "interpreter", ["/opt/program"], 1)
    assert named("program", [Candidate(3, "programs", [], 1), program], own_pid=None) == [program]


def test_a_word_that_is_no_name_is_a_regular_expression_on_names_and_then_on_command_lines():
    assert chosen("^ngi") == ([Selected(10, 100), Selected(11, 110)], [])
    assert chosen("server\\.py$") == ([Selected(20, 200)], [])


def test_the_command_line_that_asks_is_not_its_own_answer():
    assert chosen("fdscope server.py") == ([], ["fdscope server.py"])
    assert chosen("fdscope") == ([Selected(50, 500)], [])


def test_numbers_are_pids_whether_or_not_there_is_such_a_process():
    assert chosen("20", "99999", "20") == ([Selected(20), Selected(99999)], [])
    assert chosen("9999999999") == ([Selected(9999999999)], [])
    with pytest.raises(UsageError):
        chosen("10000000000")


def test_a_number_with_leading_zeros_is_the_same_pid():
    assert chosen("0020") == ([Selected(20)], [])


def test_self_is_the_process_that_asks():
    assert chosen("self") == ([Selected(50)], [])
    assert chosen("fdscope", "self") == ([Selected(50, 500)], [])  # it is known already, and since when


def test_processes_come_by_pid_whatever_the_order_of_the_words():
    assert chosen("python3", "nginx", "5") == (
        [Selected(5), Selected(10, 100), Selected(11, 110), Selected(20, 200)],
        [],
    )


def test_the_processes_are_listed_once():
    listed = []
    select(["nginx", "python3", "nobody"], lambda: listed.append(1) or ALL, own_pid=50)
    assert listed == [1]


def test_self_is_nobody_where_the_one_who_asks_is_not_among_the_processes():
    assert select(["self"], lambda: ALL, own_pid=None) == ([], ["self"])


def test_the_processes_are_not_listed_for_the_sake_of_numbers():
    def never():
        raise AssertionError

    assert select(["1", "self"], never, own_pid=7) == ([Selected(1), Selected(7)], [])


def test_a_word_that_nobody_matches_is_told():
    assert chosen("nobody", "nginx") == ([Selected(10, 100), Selected(11, 110)], ["nobody"])


@pytest.mark.parametrize(
    "word", ["", "(", "*", "a{99999999999999999999}", "(" * 20000, "(" * 300, "[", "9" * 5000, "\\"]
)
def test_a_word_that_makes_no_sense_is_a_usage_error(word):
    with pytest.raises(UsageError) as error:
        chosen(word)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("word", ["[[a]", "[+--b]", "[a||b]"])
def test_what_only_a_later_regular_expression_language_would_read_otherwise_gives_no_warning(word):
    chosen(word)


@given(st.lists(st.text(st.characters(), max_size=12), max_size=4))
def test_any_words_at_all(words):
    try:
        found, unmatched = chosen(*words)
    except UsageError:
        return
    assert found == sorted(set(found))
    assert set(unmatched) <= set(words)


@given(st.text(st.characters(), min_size=1, max_size=15))
def test_every_name_finds_its_own_process(name):
    candidate = Candidate(9, name, [], 1)
    if not name.isascii() or not name.isdigit():
        assert named(name, [candidate], own_pid=None) == [candidate]
