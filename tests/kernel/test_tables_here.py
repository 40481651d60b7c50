"""The parsers of the kernel's texts, on those of this machine."""

import os

from fdscope.kernel.mounts import parse_mountinfo
from fdscope.kernel.processes import parse_maps
from fdscope.kernel.tables import parse_devices, parse_misc


def test_the_tables_of_this_machine_are_understood():
    for name, parse in (("devices", parse_devices), ("misc", parse_misc), ("self/mountinfo", parse_mountinfo)):
        with open(f"/proc/{name}", "rb") as file:
            assert parse(file.read()), name
    with open(f"/proc/{os.getpid()}/maps", "rb") as file:
        assert any(path.endswith(b".so") or b".so." in path for path, _, _ in parse_maps(file.read()))
