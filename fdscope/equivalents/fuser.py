"""fuser(1): its options, and what they are in fdscope."""

from __future__ import annotations

from .row import Row, Table

FUSER = Table(
    "fuser",
    "fuser(1)",
    "23.6",
    (
        Row("NAME", "processes that use this file", "fuser FILE", "fdscope who --pids FILE"),
        Row("-a", "name also files that nobody uses", note="always so, on standard error"),
        Row("-m, -c", "that use this mount", "fuser -m MOUNT", "fdscope who --pids MOUNT", often=True),
        Row(
            "-M",
            "only if it is a mount point",
            "fuser -M -m MOUNT",
            "fdscope who --pids MOUNT",
            "a path that is none is never taken for the mount that it is on",
        ),
        Row("-I", "by inode, never by name", "fuser -I FILE", "fdscope who --pids FILE", "always so"),
        Row("-n tcp", "that have this TCP port", "fuser -n tcp PORT", "fdscope who --pids tcp:PORT"),
        Row("-n udp", "that have this UDP port", "fuser -n udp UDPPORT", "fdscope who --pids udp:UDPPORT"),
        Row("NAME/SPACE", "the same in short", "fuser PORT/tcp", "fdscope who --pids tcp:PORT"),
        Row(
            "-n tcp ,HOST,PORT",
            "that are connected with this address and port",
            "fuser -n tcp ,ADDRESS,PORT",
            "fdscope --pids --kind tcp --where 'remote_address == \"ADDRESS\" and remote_port == PORT'",
        ),
        Row("-4", "of IPv4", "fuser -4 -n tcp PORT", "fdscope who --pids -4 tcp:PORT"),
        Row("-6", "of IPv6", "fuser -6 -n tcp PORT6", "fdscope who --pids -6 tcp:PORT6"),
        Row(
            "-k, -SIGNAL",
            "end them",
            "fuser -s -k -TERM FILE",
            "kill $(fdscope who --pids FILE)",
            "fdscope itself only looks",
            often=True,
        ),
        Row(
            "-w",
            "of -k: only those that may write",
            "fuser -s -k -w -TERM FILE",
            'kill $(fdscope who --pids --where \'access in ("w", "rw")\' FILE)',
        ),
        Row("-i", "of -k: ask before", note="look first: fdscope who FILE"),
        Row("-s", "say nothing", "fuser -s FILE", "fdscope who FILE >/dev/null", "the exit status tells"),
        Row("-u", "with users", "fuser -u FILE", "fdscope who FILE"),
        Row("-v", "with users, access and names", "fuser -v FILE", "fdscope who FILE"),
        Row("-l", "names of signals", note="kill -l"),
        Row("-f", "nothing", note="nothing here, too"),
        Row("-V", "the version", "fuser -V", "fdscope --version"),
    ),
)
