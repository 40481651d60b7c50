"""Names of signals (signal(7)): the numbers of x86, Arm and most other architectures. Pure."""

from __future__ import annotations

_NAMES = (  # one word a signal, from 1 on
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN "
    "TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split()
_FIRST_REALTIME = 34  # the kernel's 32 and 33 are kept by the C library for its threads


def name(number: int) -> str:
    """``SIGINT`` for 2, ``SIGRTMIN+3`` for 37; 32 and 33 have no name of their own: ``SIG32``."""
    if 1 <= number <= len(_NAMES):
        return "SIG" + _NAMES[number - 1]
    if number == _FIRST_REALTIME:
        return "SIGRTMIN"
    if number > _FIRST_REALTIME:
        return f"SIGRTMIN+{number - _FIRST_REALTIME}"
    return f"SIG{number}"


def names(mask: bytes) -> list[str]:
    """A set as the kernel prints it, hexadecimal with bit 0 for signal 1, to names.

    Raises:
        ValueError: `mask` is not hexadecimal.
    """
    bits = int(mask, 16)
    return [name(bit + 1) for bit in range(bits.bit_length()) if bits >> bit & 1]
