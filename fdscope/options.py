"""What may be asked: commands and options, each said once. Parser, help, completion and manual come from here."""

from __future__ import annotations

from typing import NamedTuple

PICTURES = ("dot", "mermaid", "svg", "json")
FORMATS = ("table", "plain", "csv", "tsv", "markdown", "html")

GROUPS = {
    "selection": "which are meant",
    "columns": "how the answer is laid out",
    "form": "in what form it is written",
    "reading": "what is read, and from where",
    "command": "of single commands",
}
"""The parts of the help, in their order, with their titles."""


class Option(NamedTuple):
    """An option of the command line."""

    names: tuple[str, ...]
    help: str
    value: str = ""
    """What stands for its value in the help; empty: it takes none."""
    choices: tuple[str, ...] = ()
    default: str | None = None
    commands: tuple[str, ...] = ("show",)
    group: str = "command"
    """One of `GROUPS`."""
    takes: str = ""
    """What its value is, for completion: ``pid``, ``user``, ``kind``, ``field``, ``file``, …; empty: any."""
    repeats: bool = False
    """Whether it may be given several times, and all count."""
    bare: bool = False
    """Whether it may also stand without its value."""


class Command(NamedTuple):
    """A command: the first word of the command line."""

    name: str
    words: str
    """What follows it, for the help."""
    help: str
    takes: str = ""
    """What those words are, for completion: ``process``, ``file``, ``specimen``, ``topic``, ``shell``; or any."""


COMMANDS = (
    Command("show", "[TARGET...]", "report on processes, or on the whole machine; may be left out", "process"),
    Command("explain", "PID FD", "one descriptor, told from its number out to its other ends", "process"),
    Command("who", "OBJECT...", "say which processes hold a file, mount, port, socket or pipe", "file"),
    Command("waits", "[TARGET...]", "say which thread waits on what, and by which I/O model", "process"),
    Command(
        "watch", "[TARGET... | -- COMMAND...]", "show context switches, waits and descriptors over time", "process"
    ),
    Command("top", "[TARGET...]", "look into processes on an interactive screen", "process"),
    Command("graph", "[TARGET...]", "draw which processes talk to which, through what, and who waits", "process"),
    Command("diff", "A [B]", "say what differs between two snapshots, or between a snapshot and now", "file"),
    Command("leaks", "[TARGET...]", "watch for a while, and rank what grows without shrinking", "process"),
    Command(
        "check",
        "[TARGET...]",
        "judge limits, growth, deleted files and listeners, for monitoring",
        "process",
    ),
    Command(
        "report", "--html FILE [TARGET...]", "write a page that shows it all in a browser, offline", "process"
    ),
    Command("export", "", "serve metrics of all processes, by group, for Prometheus"),
    Command("lab", "[NAME...]", "hold descriptors of every kind, wait in every way, switch contexts", "specimen"),
    Command("doctor", "", "say what present rights let one see, and what would unlock the rest"),
    Command("help", "[TOPIC]", "tell of a command or a subject, with examples", "topic"),
    Command(
        "completion", "bash|zsh|fish", "print what lets a shell complete pids, names, fields and options", "shell"
    ),
)

SPEAKING = ("help", "completion")
"""The commands that look at nothing, and heed no wishes."""

CHOOSING = ("show", "who", "waits", "watch", "top", "graph", "diff", "leaks", "check", "report", "export")
"""The commands that take what chooses processes."""
CHOOSING_HELD = ("show", "who", "waits", "diff", "check", "report")
"""Those of them that also take what chooses descriptors."""
READING = ("show", "explain", "who", "waits", "graph", "check", "report")
"""The commands that look once, or read a snapshot."""
LIVE = ("watch", "top", "leaks", "export", "lab", "doctor")
"""The commands that are about this machine now."""
DRAWING = ("show", "who", "waits", "diff", "leaks")
"""The commands that draw tables of columns."""


def _choosing(names: str, help_: str, value: str = "", takes: str = "", *, bare: bool = False) -> Option:
    """An option that chooses processes; with a value it may be given several times."""
    repeats = bool(value) and not bare
    return Option(tuple(names.split()), help_, value, (), None, CHOOSING, "selection", takes, repeats, bare)


def _held(names: str, help_: str, value: str = "", takes: str = "") -> Option:
    """One that chooses descriptors."""
    return _choosing(names, help_, value, takes)._replace(commands=CHOOSING_HELD)


SELECTION = (
    _choosing(
        "--where",
        "only that for which the expression is true, as in --where 'kind == \"tcp\" and remote_port == 443'; "
        "several must all be true; 'fdscope help where' tells the language",
        "EXPR",
        "where",
    ),
    _choosing("--user -u", "of processes of these users, by name or number", "LIST", "user"),
    _choosing("--pid -p", "of these processes", "LIST", "pid"),
    _choosing("--process", "of processes whose name matches the regular expression", "REGEX", "process"),
    _choosing(
        "--tree",
        "with a value: of these processes and all their descendants; of show also: draw processes as a tree",
        "PID",
        "pid",
        bare=True,
    ),
    _choosing("--cgroup", "of processes in this control group, or below it", "PATH"),
    _choosing("--container", "of processes in the container whose name begins so", "NAME"),
    _held(
        "--netns",
        "of this network namespace: an inode number, a name that ip-netns(8) gave it, self, or pid:PID",
        "NETNS",
    ),
    _held("--kind -k", "of these kinds (fdscope-kinds(7))", "LIST", "kind"),
    _held(
        "--fd -d", "these descriptors: numbers and ranges, cwd, root, exe, mapped, as in --fd 0-2,7,cwd", "LIST"
    ),
    _held("--name", "those whose name, as the column NAME has it, matches the regular expression", "REGEX"),
    _held(
        "--path",
        "files, and sockets bound to them, by path: * stands for anything but a slash, ** for anything, as in "
        "--path '/var/log/**'",
        "GLOB",
        "file",
    ),
    _held("--ipv4 -4", "sockets of IPv4"),
    _held("--ipv6 -6", "sockets of IPv6"),
    _held("--listening -l", "sockets that wait for connections"),
    _held("--deleted", "files that have no name left"),
    Option(
        ("--mapped",),
        "also the files that memory is mapped from; only those: --fd mapped",
        commands=("show", "report"),
        group="selection",
    ),
    Option(
        ("--all", "-a"),
        "without TARGET: every process, descriptor by descriptor, not the overview; of waits: also the threads of "
        "the kernel",
        commands=("show", "waits"),
        group="selection",
    ),
)

COLUMNS = (
    Option(
        ("--columns", "-c"),
        "columns of the descriptor table, by the names of JSON fields, as --where knows them; +LIST adds to the "
        "usual ones, 'help' lists them all ('fdscope help columns')",
        "LIST",
        group="columns",
        takes="field",
    ),
    Option(
        ("--sort", "-s"),
        "sort rows by these columns, or groups by theirs; a minus before a name turns it round; descriptors in "
        "JSON stay as they are; of top by one of descriptors, share, growth, switches, voluntary, involuntary, "
        "name, pid",
        "LIST",
        commands=("show", "top"),
        group="columns",
        takes="field",
    ),
    Option(
        ("--group-by", "-g"),
        "count descriptors by these fields, as in --group-by kind,user: kind, process, user, peer, remote_address "
        "or any other column, with sums of what is held",
        "LIST",
        group="columns",
        takes="field",
    ),
    Option(
        ("--no-headers",),
        "rows only: no column headers, and nothing around the table",
        commands=DRAWING,
        group="columns",
    ),
    Option(
        ("--wide", "-w"),
        "never cut the last column to the width of the terminal; of diff and leaks, also show every line",
        commands=("show", "explain", "who", "waits", "watch", "graph", "diff", "leaks"),
        group="columns",
    ),
    Option(
        ("--color",),
        "when to use colours",
        "WHEN",
        ("auto", "always", "never"),
        "auto",
        ("show", "explain", "who", "waits", "watch", "top", "graph", "diff", "leaks", "doctor"),
        "columns",
    ),
    Option(
        ("--hyperlink",),
        "when to write paths as links that the terminal opens; auto: where it is known to take them",
        "WHEN",
        ("auto", "always", "never"),
        "auto",
        ("show",),
        "columns",
    ),
)

FORM = (
    Option(
        ("--json", "-j"),
        "one JSON document",
        commands=("show", "explain", "who", "waits", "graph", "diff", "leaks", "check", "lab", "doctor"),
        group="form",
    ),
    Option(
        ("--ndjson",),
        "one JSON object a line for each descriptor and each problem; of who for each use, of waits for each "
        "thread, of watch for each interval, of diff and leaks for each group of descriptors",
        commands=("show", "who", "waits", "watch", "diff", "leaks"),
        group="form",
    ),
    Option(
        ("--html",),
        "of report: the file that the page is written to, replaced where it is there; - is standard output",
        "FILE",
        commands=("report",),
        group="form",
        takes="file",
    ),
    Option(("--json-schema",), "print the JSON Schema of the documents and end", group="form"),
    Option(
        ("--format", "-f"),
        "how tables are drawn; all but table give descriptors only",
        "FORMAT",
        FORMATS,
        None,
        DRAWING,
        "form",
    ),
    Option(
        ("--format", "-f"),
        "of graph: a picture for Graphviz or Mermaid, as SVG, which Graphviz draws, or as JSON; without it a tree",
        "FORMAT",
        PICTURES,
        None,
        ("graph",),
        "form",
    ),
)

READ = (
    Option(
        ("--from",),
        "do not look at this machine, but into a snapshot that --json wrote: a file, also of gzip or zstd, or - "
        "for standard input",
        "FILE",
        commands=READING,
        group="reading",
        takes="file",
    ),
    Option(
        ("--proc",),
        "another proc file system, or a recorded tree",
        "PATH",
        (),
        "/proc",
        (
            "show",
            "explain",
            "who",
            "waits",
            "watch",
            "top",
            "graph",
            "diff",
            "leaks",
            "check",
            "report",
            "export",
            "doctor",
        ),
        "reading",
        "directory",
    ),
    Option(
        ("--no-peers",),
        "do not find out who is at the other ends, who shares and who watches: no look at other processes",
        commands=("show", "explain", "waits", "report"),
        group="reading",
    ),
    Option(
        ("--symbols",),
        "name the functions that threads are stopped in, by the ELF files of their programs, which are opened for "
        "it; takes pyelftools",
        group="reading",
    ),
    Option(
        ("--source",),
        "where descriptors are read, and how watch knows what switches are for; auto: bpf where that is allowed "
        "and pays, else proc; of export wherever it is allowed",
        "SOURCE",
        ("auto", "proc", "bpf"),
        "auto",
        ("show", "watch", "top", "graph", "check", "report", "export"),
        "reading",
    ),
    Option(
        ("--timeout",),
        "how long to wait, in seconds, for file systems that do not answer; of export, how long a scrape may take",
        "SECONDS",
        (),
        "5",
        ("show", "explain", "who", "waits", "top", "graph", "diff", "check", "report", "export"),
        "reading",
    ),
    Option(
        ("--debug",),
        "say on standard error where facts come from, how long each stage took, and what libbpf says of it",
        commands=(
            "show",
            "explain",
            "who",
            "waits",
            "watch",
            "graph",
            "diff",
            "leaks",
            "check",
            "report",
            "doctor",
        ),
        group="reading",
    ),
)

PIDS = (
    Option(
        ("--pids", "-t"),
        "only the process ids, one a line and each once, as for kill $(fdscope who --pids OBJECT)",
        commands=("show", "who"),
        group="form",
    ),
)

OF_WATCH = (
    Option(
        ("--interval",),
        "time between two frames of watch or top, or two samples of leaks, 1s unless it is given; of export with "
        "--textfile, how often it is written, 15s unless it is given",
        "SECONDS",
        commands=("watch", "top", "leaks", "export"),
    ),
    Option(
        ("--count",), "how many frames watch makes; without it, until it is interrupted", "N", commands=("watch",)
    ),
    Option(
        ("--top",),
        "how many processes watch shows, those that are switched most; of leaks how many groups",
        "N",
        (),
        "10",
        ("watch", "leaks"),
    ),
    Option(
        ("--changes",),
        "of watch with --ndjson: also every descriptor that is opened or closed, and how fast files are read and "
        "written",
        commands=("watch",),
    ),
    Option(("--lines",), "of watch: lines also on a terminal, not a screen", commands=("watch",)),
)

_OF_CHECK = ("check",)
OF_CHECK = (
    Option(
        ("--max-share",),
        "of check: the share of its soft limit that the descriptors of a process may take, as 0.8 or 80%; like "
        "every limit of check CRIT, WARN,CRIT, or WARN, with its comma",
        "SHARE",
        commands=_OF_CHECK,
    ),
    Option(("--max-descriptors",), "of check: how many descriptors a process may have", "N", commands=_OF_CHECK),
    Option(
        ("--max-system-share",),
        "of check: the share that may be taken of the open file descriptions that the machine can have",
        "SHARE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--max-growth",),
        "of check: how many descriptors a process may open more than it closes, as 10/s or 3/min",
        "RATE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--max-switches",),
        "of check: how often a process may be switched, over all its threads, as 50k/s",
        "RATE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--max-involuntary",),
        "of check: how often the CPU may be taken away from a process, over all its threads",
        "RATE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--max-backlog-share",),
        "of check: how full the queue of a listener may be of connections that wait to be accepted",
        "SHARE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--no-deleted-over",),
        "of check: how much space deleted files may hold, each counted once, as 1G",
        "SIZE",
        commands=_OF_CHECK,
    ),
    Option(
        ("--no-listener-except",),
        "of check: nothing may listen but at these places, as in 22,8000-8010,127.0.0.1:*,udp:*,unix:/run/**; "
        "or none",
        "LIST",
        commands=_OF_CHECK,
    ),
)

OF_SPANS = (
    Option(
        ("--for",),
        "how long leaks watches, 60s unless it is given; Ctrl-C ends it before; or over which time check measures "
        "rates, 2s unless it is given; of report: watch so long first, to draw switches and descriptors over time",
        "TIME",
        commands=("leaks", "check", "report"),
    ),
)

_OF_GRAPH = ("graph",)
OF_GRAPH = (
    Option(
        ("--edges",),
        "of graph: what is drawn between processes, of pipe, unix, tcp, udp, listener, shared-memory, eventfd, "
        "pty, mqueue and inherited; +LIST adds to the usual ones, which are all but inherited; all",
        "LIST",
        commands=_OF_GRAPH,
        takes="edge",
    ),
    Option(
        ("--depth",),
        "of graph: how many edges away from the TARGETs others are drawn, 1 unless it is given",
        "N",
        commands=_OF_GRAPH,
    ),
    Option(
        ("--collapse",),
        "of graph: draw processes that have this in common as one",
        "WHAT",
        ("name", "user", "container"),
        commands=_OF_GRAPH,
    ),
)

_OF_EXPORT = ("export",)
OF_EXPORT = (
    Option(
        ("--listen",),
        "where export serves metrics, 127.0.0.1:9878 unless it is given; an address of IPv6 in brackets",
        "HOST:PORT",
        commands=_OF_EXPORT,
    ),
    Option(
        ("--textfile",),
        "of export: write a file for node_exporter's textfile collector, again and again, or with --once once",
        "PATH",
        commands=_OF_EXPORT,
        takes="file",
    ),
    Option(("--once",), "of export: look once, print the metrics, and end", commands=_OF_EXPORT),
    Option(
        ("--by",),
        "by what export groups processes: name, unit (of systemd), container, user, or a TOML file with patterns",
        "WORD",
        (),
        "name",
        _OF_EXPORT,
        takes="file",
    ),
    Option(
        ("--max-series",),
        "of export: how many series there may be, at least 200; groups that do not fit are told as one, other",
        "N",
        (),
        "2000",
        _OF_EXPORT,
    ),
    Option(
        ("--window",),
        "of export: over which time growth is measured, as 5min",
        "TIME",
        (),
        "5min",
        _OF_EXPORT,
    ),
    Option(
        ("--certfile",),
        "of export: a certificate, for TLS, in PEM form",
        "FILE",
        commands=_OF_EXPORT,
        takes="file",
    ),
    Option(("--keyfile",), "of export: the key of that certificate", "FILE", commands=_OF_EXPORT, takes="file"),
    Option(
        ("--client-ca",),
        "of export: who must have signed the certificate of whoever asks, in PEM form",
        "FILE",
        commands=_OF_EXPORT,
        takes="file",
    ),
)

OPTIONS = (*SELECTION, *COLUMNS, *FORM, *PIDS, *READ, *OF_WATCH, *OF_SPANS, *OF_GRAPH, *OF_CHECK, *OF_EXPORT)

NOT_WITH_FROM = {
    "--proc": "it says where to look instead of this machine's /proc, and a snapshot takes no look",
    "--source": "it says how to look at this machine, and a snapshot takes no look",
    "--symbols": "functions are named while a snapshot is taken: fdscope --json --symbols",
    "--no-peers": "who was at the other ends stands in the snapshot",
}
"""The options that only a look at this machine has, each with why."""


def options_of(command: str) -> list[Option]:
    """The options that a command takes."""
    return [one for one in OPTIONS if command in one.commands]
