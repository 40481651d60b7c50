"""Whether BPF programs can be used where the tests run."""

import os

import pytest

from fdscope.kernel.root import Proc
from fdscope.kernel.trials import trials


def why_not():
    """Why they cannot; empty: they can."""
    with Proc("/proc") as proc:
        return "; ".join(f"{name}: {reason}" for name, reason in trials(proc) if reason)


WHY_NOT = why_not()
REQUIRED = bool(os.environ.get("FDSCOPE_REQUIRE_BPF")) and os.geteuid() == 0
"""Where a test must not be skipped for want of BPF: as root, on a machine that is known to have it."""

needs_bpf = pytest.mark.skipif(bool(WHY_NOT) and not REQUIRED, reason=f"no BPF here: {WHY_NOT}")
