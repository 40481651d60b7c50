"""The exit statuses of the program, each with its line in the manual."""

from __future__ import annotations

DONE, NOTHING_FOUND, WRONG_USAGE, NOT_PERMITTED, NOT_WRITTEN, MISTAKEN, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130

MEANINGS = {
    DONE: "Done.",
    NOTHING_FOUND: "Nothing found: no such process or descriptor, or nobody holds it; of diff: something differs.",
    WRONG_USAGE: "Wrong usage.",
    NOT_PERMITTED: "Not all could be read: no descriptors of any target; or, of who, nobody was found so far.",
    NOT_WRITTEN: "The answer could not be written, as to a full disk.",
    MISTAKEN: "A mistake of fdscope itself; standard error says where, for a report of it.",
    INTERRUPTED: "Interrupted.",
}

OF_CHECK = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
"""Those of ``fdscope check``, which are those of all monitoring plugins; wrong usage is unknown, too."""
