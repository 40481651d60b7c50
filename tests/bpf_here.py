"""Whether BPF programs can be used where the tests run."""

import os

import pytest

from fdscope.kernel.bpf import NotLoaded
from fdscope.kernel.bpfsource import TRIALS, check
from fdscope.kernel.root import Proc


def why_not():
    """Why they cannot; empty: they can."""
    try:
        with Proc("/proc") as proc:
            check(proc)
        for trial in TRIALS.values():
            trial()
    except NotLoaded as reason:
        return str(reason)
    return ""


WHY_NOT = why_not()
REQUIRED = bool(os.environ.get("FDSCOPE_REQUIRE_BPF")) and os.geteuid() == 0
"""Where a test must not be skipped for want of BPF: as root, on a machine that is known to have it."""

needs_bpf = pytest.mark.skipif(bool(WHY_NOT) and not REQUIRED, reason=f"no BPF here: {WHY_NOT}")
