"""Records what fdscope reads of a few processes as one text, and makes a proc tree from such a text again.

    python tests/trees/record.py PID... > tests/trees/NAME.tree

A text, and not a folder: the links of a tree lead to ``/`` and to ``/dev``, and programs that walk through a
source folder would walk there. Every entry begins with a line ``file PATH`` or ``link PATH TARGET``; the lines
of a file follow, each after ``| ``, the last one after ``: `` if it has no end of line, with the escapes of a
Python string.

What a tree can show: all that the kernel says in text, as on kernels that nobody runs any more. What it cannot
show: anything of stat(2) (sizes, devices, whether a file is deleted but for the suffix of its link), because
the links of a tree are text, and following them would tell of files of today's machine: fdscope does not, and
says so once; which threads share a descriptor table (kcmp(2)); the sets of select and poll, which stand in the
memory of their threads; and whether a process goes away meanwhile.

Nothing of the recorded machine's own is kept: command lines, names of the host and of control groups, paths of
the current directory and of the program, mounts and locks that are no concern of the recorded processes, and
counters of the whole machine are replaced or left out.
"""

import os
import re
import sys

MACHINE = ["devices", "misc", "partitions", "sys/fs/file-nr"]
TEXTS = ["stat", "status", "limits", "comm"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def record(pids, proc="/proc"):
    """Path below the root to the content of a file, as bytes, or the target of a link, as text."""
    tree = {f"proc/{name}": read(f"{proc}/{name}") for name in MACHINE}
    tree["proc/sys/kernel/hostname"] = b"recorded\n"
    tree["proc/sys/kernel/osrelease"] = b".".join(read(f"{proc}/sys/kernel/osrelease").split(b".")[:2]) + b".0\n"
    tree["proc/stat"] = b"cpu  0 0\ncpu0 0 0\ncpu1 0 0\nctxt 1000000\nbtime 1767225600\n"
    tree["sys/devices/system/cpu/cpu0/topology/physical_package_id"] = b"0\n"
    tree["sys/devices/system/cpu/cpu1/topology/physical_package_id"] = b"0\n"
    locks = read(f"{proc}/locks").splitlines(True)
    tree["proc/locks"] = b"".join(line for line in locks if any(b" %d " % pid in line for pid in pids))
    for pid in pids:
        tree.update(process(pid, f"{proc}/{pid}", f"proc/{pid}"))
    return tree


def process(pid, source, root):
    """Everything of one process."""
    tree = {f"{root}/{name}": read(f"{source}/{name}") for name in TEXTS}
    tree[f"{root}/cmdline"] = b"program\0--option\0"
    tree[f"{root}/cgroup"] = b"0::/recorded.slice/recorded.scope\n"
    for folder in ("fd", "ns"):
        for name in os.listdir(f"{source}/{folder}"):
            tree[f"{root}/{folder}/{name}"] = anonymous(os.readlink(f"{source}/{folder}/{name}"))
    for name in os.listdir(f"{source}/fdinfo"):
        tree[f"{root}/fdinfo/{name}"] = read(f"{source}/fdinfo/{name}")
    for tid in os.listdir(f"{source}/task"):
        for name in ("stat", "status", "syscall", "wchan"):
            tree[f"{root}/task/{tid}/{name}"] = read(f"{source}/task/{tid}/{name}")
    tree[f"{root}/cwd"], tree[f"{root}/root"], tree[f"{root}/exe"] = "/srv", "/", "/usr/bin/program"
    infos = b"".join(content for path, content in tree.items() if "/fdinfo/" in path)
    used = set(re.findall(rb"^mnt_id:\t(\d+)$", infos, re.M))
    mounts = read(f"{source}/mountinfo").splitlines(True)
    tree[f"{root}/mountinfo"] = b"".join(
        line for line in mounts if line.split()[0] in used or line.split()[4] == b"/"
    )
    return tree


def anonymous(target):
    """The target of a link, without the path where it may be somebody's own."""
    if not target.startswith("/") or target.startswith(
        ("/dev/", "/proc/", "/memfd:", "/secretmem", "/tmp/fdscope-lab-")
    ):
        return target
    return "/srv/recorded" + (" (deleted)" if target.endswith(" (deleted)") else "")


def written(tree):
    """The text of a tree."""
    lines = []
    for path, content in sorted(tree.items(), key=lambda entry: [_order(part) for part in entry[0].split("/")]):
        if isinstance(content, str):
            lines.append(f"link {path} {content}")
            continue
        lines.append(f"file {path}")
        *whole, rest = content.split(b"\n")
        lines += [f"| {_escaped(line)}" for line in whole]
        if rest:
            lines.append(f": {_escaped(rest)}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _order(part):
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _escaped(line):
    escaped = line.decode("latin-1").encode("unicode_escape").decode("ascii")
    return re.sub(" $", r"\\x20", escaped)


def parsed(text):
    """The tree of a text: what `record` gave."""
    tree, path = {}, ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "link":
            path, _, target = rest.partition(" ")
            tree[path] = target
        elif word == "file":
            path = rest
            tree[path] = b""
        elif word in ("|", ":"):
            content = rest.encode("ascii").decode("unicode_escape").encode("latin-1")
            tree[path] += content + (b"\n" if word == "|" else b"")
        else:
            raise ValueError(f"not a line of a tree: {line!r}")
    return tree


def plant(tree, folder):
    """Makes the files and links below `folder`, and gives the path of its proc root."""
    for path, content in tree.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if isinstance(content, str):
            os.symlink(content, place)
        else:
            with open(place, "wb") as file:
                file.write(content)
    return os.path.join(folder, "proc")


if __name__ == "__main__":
    sys.stdout.write(written(record([int(word) for word in sys.argv[1:]])))
