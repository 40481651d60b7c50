"""The exit statuses of the program, each with its line in the manual."""

from __future__ import annotations

DONE, NOTHING_FOUND, WRONG_USAGE, NOT_PERMITTED, NOT_WRITTEN, INTERRUPTED = 0, 1, 2, 3, 4, 130

MEANINGS = {
    DONE: "Done.",
    NOTHING_FOUND: "Nothing found: no such process or descriptor; "
    "of who: nobody holds it, and everything that matters could be read.",
    WRONG_USAGE: "Wrong usage.",
    NOT_PERMITTED: "Found, but the descriptors of none of the targets could be read for want of permission; "
    "of who: nobody was found, but not everything could be read, so somebody may hold it.",
    NOT_WRITTEN: "The answer could not be written, as to a full disk.",
    INTERRUPTED: "Interrupted.",
}
