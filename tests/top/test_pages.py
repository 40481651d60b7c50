"""The pages of fdscope top on processes that live: keys in, screens out."""

import json
import os
import re
import signal

import pytest
from screening import shown

from fdscope import scan
from fdscope.report.style import Style
from fdscope.where import parse

HOLDING = """
import socket, threading
one, other = socket.socketpair()
reader, writer = os.pipe()
threading.Thread(target=os.read, args=(reader, 1), daemon=True, name="waits").start()
ready(one=one.fileno(), reader=reader, writer=writer)
"""


def listed(pid):
    """A condition: there is a row of this process."""
    return lambda text: re.search(rf"^ *{pid} ", text, re.M) is not None


def said(words):
    """A condition: it is told, in one line or several."""
    return lambda text: "".join(words.split()) in "".join(text.split())


def test_a_process_is_opened_part_by_part_and_a_descriptor_explained(child):
    one = child(HOLDING)
    reader = one.told["reader"]

    async def journey(screen):
        await screen.until(lambda text: re.search(rf"^ *{one.pid} .* blk 2", text, re.M))
        await screen.press("enter")
        await screen.until(lambda text: re.search(rf"^ *{reader}  pipe +r +pipe:", text, re.M))
        assert re.match(rf"python\S* \[{one.pid}\]", screen.lines[0])
        assert "2 threads · " in screen.lines[1]
        assert screen.lines[3].startswith("[1 descriptors] 2 peers  3 waits  4 threads")
        await screen.press("2")
        assert re.search(rf"^ *{reader}  pipe +peer +itself +{one.told['writer']}  pipe:", screen.text, re.M)
        await screen.press("tab")
        assert re.search(rf"^ *\d+ .*blocking +read +{reader} pipe", screen.text, re.M)
        await screen.press("4")
        await screen.until(lambda text: re.search(rf"^ *{one.pid} .*sleeping +\d+ ", text, re.M))
        assert re.search(rf"read\({reader}\), blocking", screen.text)
        await screen.press("1")
        for _ in range(reader):
            if not re.match(rf" *{reader} ", screen.lines[5 + screen.app.screen.listing._chosen]):
                await screen.press("down")
        await screen.press("x")
        assert screen.lines[0].startswith(f"explain {reader} of python")
        assert "1  the entry in the descriptor table of python" in screen.text
        await screen.press("escape")
        assert screen.lines[3].startswith("[1 descriptors]")
        await screen.press("q")
        assert screen.lines[0].startswith("fdscope top  ")

    shown(journey, str(one.pid))


def test_an_expression_chooses_processes_and_in_them_descriptors(child):
    one, other = child(HOLDING), child("ready()")

    async def journey(screen):
        await screen.until(lambda text: listed(one.pid)(text) and listed(other.pid)(text))
        await screen.press("slash")
        await screen.type('kind == "unix')
        await screen.press("enter")
        assert "a quote is not closed" in screen.text
        assert screen.lines[-1].startswith('kind == "unix')
        await screen.type('"')
        await screen.press("enter")
        await screen.until(lambda text: listed(one.pid)(text) and not listed(other.pid)(text))
        assert 'where kind == "unix"' in screen.lines[0]
        assert screen.lines[2].startswith("1 of 2 processes by descriptors")
        await screen.press("enter")
        await screen.until(lambda text: " unix " in text)
        assert [line.split()[1] for line in screen.lines[5:-1] if line] == ["unix", "unix"]
        assert screen.lines[2].startswith('where kind == "unix"  read in ')
        await screen.press("escape", "slash")
        await screen.answer("")
        await screen.until(listed(other.pid))
        assert "where" not in screen.lines[0]

    shown(journey, str(one.pid), str(other.pid))


def test_an_expression_of_the_command_line_is_the_first_filter_and_words_are_completed(child):
    one = child(HOLDING)

    async def journey(screen):
        await screen.until(lambda text: re.search(r"^0 of 1 processes", text, re.M) and "looking for" not in text)
        await screen.press("slash")
        screen.app.screen.prompt.value = ""
        await screen.type("descriptor_co")
        await screen.until(lambda text: "descriptor_count" in text.splitlines()[-1])
        await screen.press("tab")
        await screen.type(" > 2")
        await screen.press("enter")
        await screen.until(lambda text: re.search(r"^1 of 1 processes", text, re.M))
        assert "where descriptor_count > 2" in screen.lines[0]

    shown(journey, str(one.pid), wishes={"where": parse("kind == 'epoll'")})


def test_what_is_seen_is_exported_and_nothing_is_overwritten_unasked(child, tmp_path):
    one, other = child(HOLDING), child("ready()")
    table, process, told = (str(tmp_path / name) for name in ("table", "process", "told"))

    async def name_it(screen, name):
        await screen.press("e")
        assert re.match(r"fdscope-\S+-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.json", screen.lines[-1])
        await screen.answer(name)

    async def journey(screen):
        await screen.until(lambda text: re.search(rf"^ *{one.pid} .* blk 2", text, re.M))
        await name_it(screen, table)
        await screen.until(said(f"written to {table}"))
        with open(table, "w") as file:
            file.write("mine")
        await name_it(screen, table)
        await screen.until(said("is there already"))
        await screen.answer("n")
        assert "nothing was written" in screen.text
        with open(table) as file:
            assert file.read() == "mine"
        await name_it(screen, table)
        await screen.until(said("is there already"))
        await screen.answer("y")
        await screen.until(said("written to"))
        await screen.press("slash")
        await screen.answer('kind == "unix"')
        await screen.until(lambda text: re.search("^1 of 2", text, re.M))
        await screen.press("enter")
        await screen.until(lambda text: " unix " in text)
        await name_it(screen, process)
        await screen.until(said("written to"))
        await screen.press("x")
        await name_it(screen, told)
        await screen.until(said("written to"))
        await name_it(screen, str(tmp_path / "no" / "such"))
        await screen.until(said("could not be written: No such file or directory"))

    shown(journey, str(one.pid), str(other.pid))
    read = {}
    for path in (table, process, told):
        with open(path) as file:
            read[path] = json.load(file)
    assert sorted(os.listdir(tmp_path)) == ["process", "table", "told"]
    assert (read[table]["schema"], read[table].get("where")) == ("fdscope.frame/1", None)
    assert {item["pid"] for item in read[table]["processes"]} == {one.pid, other.pid}
    assert read[table]["processes"][0]["waiting_threads"] == {"blocking": 2}
    assert (read[process]["schema"], read[process]["where"]) == ("fdscope.snapshot/1", 'kind == "unix"')
    (told_of,) = read[process]["processes"]
    assert [item["kind"] for item in told_of["descriptors"]] == ["unix", "unix"]
    assert (read[told]["schema"], read[told]["descriptor"]["fd"]) == ("fdscope.explain/1", one.told["one"])


def test_the_chosen_process_stays_chosen_in_every_order(child):
    several = [child("ready()") for _ in range(3)]

    async def journey(screen):
        await screen.until(lambda text: all(listed(one.pid)(text) for one in several))
        await screen.press("down")
        chosen = screen.app.screen.listing.key
        for _ in range(8):
            await screen.press("s", "S")
            assert screen.app.screen.listing.key == chosen
        number = screen.app.frame.number if screen.app.frame else 0
        await screen.until(lambda _: screen.app.frame is not None and screen.app.frame.number > number + 1)
        assert screen.app.screen.listing.key == chosen

    shown(journey, *(str(one.pid) for one in several), interval_s=0.1)


def test_it_pauses_and_looks_less_often(child):
    one = child("ready()")

    async def journey(screen):
        await screen.until(lambda _: screen.app.frame is not None)
        await screen.press("plus")
        assert screen.lines[0].endswith("every 0.2 s")
        await screen.press("space")
        assert "PAUSED" in screen.lines[0]
        await screen.press("minus")
        assert screen.lines[0].endswith("every 0.1 s")
        number = screen.app.frame.number
        await screen.press("space")
        await screen.until(lambda _: screen.app.frame.number > number)
        assert "PAUSED" not in screen.lines[0]

    shown(journey, str(one.pid), interval_s=0.1)


def test_a_process_that_ends_while_it_is_open_is_said_to_have_ended(child):
    one, other = child(HOLDING), child("ready()")

    async def journey(screen):
        await screen.until(lambda text: re.search(rf"^ *{one.pid} .* blk 2", text, re.M))
        await screen.press("enter")
        await screen.until(lambda text: " unix " in text)
        os.kill(one.pid, signal.SIGKILL)
        one.process.wait()
        told = f"process {one.pid} has ended; this is what was last seen of it"
        await screen.until(lambda text: told in text)
        assert " unix " in screen.text
        await screen.press("escape")
        await screen.until(lambda text: listed(other.pid)(text) and not listed(one.pid)(text))
        screen.app.open(one.pid)
        await screen.until(lambda text: f"process {one.pid} has ended\n" in text)
        await screen.press("escape")
        os.kill(other.pid, signal.SIGKILL)
        other.process.wait()
        await screen.until(lambda text: "none of these processes is there any more" in text)

    shown(journey, str(one.pid), str(other.pid), interval_s=0.1)


def test_names_that_mean_harm_stay_text(child, tmp_path):
    path = tmp_path / "[link=http:x]é\x1b[31m[" / "]"
    path.parent.mkdir()
    one = child(
        f"libc.prctl(15, b'[red]x[/]\\x1b', 0, 0, 0)\nfd = os.open({str(path)!r}, os.O_CREAT)\nready(fd=fd)"
    )

    async def journey(screen):
        unicode = screen.app.wishes.style.unicode
        await screen.until(lambda text: re.search(rf"^ *{one.pid} \[red\]x\[/\]\\x1", text, re.M))
        await screen.press("enter")
        name = r"[link=http:x]é\x1b[31m[/]" if unicode else r"[link=http:x]\xe9\x1b[31m[/]"
        await screen.press("right", "right")
        for _ in range(12):
            if name in screen.text:
                break
            await screen.press("right")
        await screen.until(lambda text: name in text)
        assert unicode or screen.text.isascii()
        await screen.press("x")
        assert unicode or screen.text.isascii()

    for unicode in (True, False):
        shown(journey, str(one.pid), wishes={"style": Style(colour=True, unicode=unicode)})


def test_the_help_tells_every_key(child):
    one = child("ready()")

    async def journey(screen):
        await screen.press("question_mark")
        assert screen.lines[1] == "KEYS"
        assert "  /          show only what fits an expression" in screen.text
        await screen.press("end")
        assert "oth for something else than input and output, as a lock or a clock" in screen.text
        await screen.press("q", "p")
        assert "nothing: all was read that was asked for" in screen.text
        await screen.press("q", "x")
        assert "enter opens the process; there x explains a descriptor" in screen.text

    shown(journey, str(one.pid))


def test_what_hangs_is_said_on_the_screen(child, monkeypatch):
    one = child("ready()")
    begun, end = os.pipe()

    def hang(*words, **more):
        os.read(begun, 1)
        return scan(*words, **more)

    monkeypatch.setattr("fdscope.top.opened._SLOW_S", 0.1)
    monkeypatch.setattr("fdscope.top.opened.scan", hang)

    async def journey(screen):
        await screen.until(listed(one.pid))
        screen.app.open(one.pid)
        await screen.until(lambda text: "still reading, for " in text)
        await screen.press("escape")
        await screen.until(lambda text: text.startswith("fdscope top  "))
        os.write(end, b"x")

    shown(journey, str(one.pid), interval_s=0.1)
    os.close(begun)
    os.close(end)


class Recorded:
    """A terminal that only notes what it is asked to do."""

    def __init__(self):
        self.asked = []

    def on_hangup(self, then):
        self.then = then

    def end_within(self, seconds, status):
        self.asked.append((seconds, status))


def test_a_signal_ends_it_and_so_does_a_terminal_that_is_gone(child):
    one = child("ready()")
    terminals = [Recorded(), Recorded()]
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]

    async def told(screen):
        await screen.until(listed(one.pid))
        os.kill(os.getpid(), signal.SIGHUP)
        await screen.until(lambda _: screen.app.return_value is not None)
        assert screen.app.return_value == 130

    async def gone(screen):
        await screen.until(listed(one.pid))
        terminals[1].then()
        await screen.until(lambda _: screen.app.return_value is not None)

    shown(told, str(one.pid), terminal=terminals[0])
    shown(gone, str(one.pid), terminal=terminals[1])
    assert [terminal.asked for terminal in terminals] == [[(3.0, 130)]] * 2
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)] == before


@pytest.mark.parametrize("where", ["drawing", "counting", "reading"])
def test_a_mistake_ends_it_and_is_told_as_it_is(child, monkeypatch, where, capsys):
    one = child("ready()")
    mistake = ZeroDivisionError("a mistake of ours")

    def fail(*_, **more):
        raise mistake

    async def journey(screen):
        await screen.until(listed(one.pid))
        target = {
            "drawing": "fdscope.report.top.row",
            "counting": "fdscope.watcher.Watch.outlines",
            "reading": "fdscope.top.opened.scan",
        }
        monkeypatch.setattr(target[where], fail)
        screen.app.open(one.pid)
        await screen.press("escape")
        await screen.until(lambda _: screen.app.mistake is not None)

    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        shown(journey, str(one.pid), interval_s=0.1)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_what_could_not_be_looked_for_is_told_until_something_else_is_asked_for(child, monkeypatch):
    one = child("ready()")

    def refuse(*_, **more):
        raise OSError(24, "Too many open files")

    async def journey(screen):
        await screen.until(listed(one.pid))
        await screen.press("slash")
        await screen.answer("fd == 0")
        await screen.until(
            lambda text: "what fits could not be looked for: [Errno 24] Too many open files" in text
        )
        await screen.press("slash")
        await screen.answer("")
        await screen.until(lambda text: listed(one.pid)(text) and "looked for" not in text)

    monkeypatch.setattr("fdscope.top.app.scan", refuse)
    shown(journey, str(one.pid), interval_s=0.1)


FED = """
reader, writer = os.pipe()
pid = os.fork()
if not pid:
    os.close(writer)
    os.read(reader, 1)
    os._exit(0)
os.close(reader)
ready(pid=pid, writer=writer)
"""


def test_the_graph_leads_to_the_process_at_the_other_end(child):
    one = child(FED)
    other = one.told["pid"]

    async def journey(screen):
        await screen.until(listed(one.pid))
        await screen.press("enter", "5")
        await screen.until(lambda text: re.search(rf"^└── \S+ \[{other}\]  pipe x\d", text, re.M))
        assert screen.lines[3].endswith("[5 graph]")
        await screen.press("x")
        assert re.match(r"explain \d+ of python", screen.lines[0])
        await screen.press("escape", "enter")
        await screen.until(lambda text: re.match(rf"\S+ \[{other}\]", text) and "[1 descriptors]" in text)
        await screen.press("escape")
        assert re.match(rf"python\S* \[{one.pid}\]", screen.lines[0])

    shown(journey, str(one.pid))
