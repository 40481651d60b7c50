"""A folder that looks like /proc, in which processes come, change and go as a test says."""

import os

KERNEL_THREAD, ORDINARY = 0x00200000, 0
REST = "0 0 0 0 150 50 0 0 20 0 1 0 1234 0 0 18446744073709551615" + " 0" * 27
LIMITS = "Limit                     Soft Limit           Hard Limit           Units     \n" + (
    "Max open files            {soft}                 2000                 files     \n"
)


class Processes:
    """The folder."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "stat").write_text("cpu 1\nbtime 1700000000\nctxt 5\n")

    def begin(self, pid, name="web", *, parent=1, soft=1000, flags=ORDINARY, uid=0):
        place = self.folder / str(pid)
        for part in ("fd", "fdinfo", f"task/{pid}"):
            (place / part).mkdir(parents=True)
        self.told(pid, name, parent=parent, flags=flags)
        (place / "limits").write_text(LIMITS.format(soft=soft))
        (place / "status").write_text(f"Name:\t{name}\nTgid:\t{pid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (place / "cmdline").write_text(f"{name}\0-x\0")

    def told(self, pid, name="web", *, state="S", parent=1, flags=ORDINARY):
        """What its stat says from now on."""
        text = f"{pid} ({name}) {state} {parent} {pid} {pid} 0 -1 {flags} {REST}\n"
        (self.folder / str(pid) / "stat").write_text(text)

    def holds(self, pid, links):
        """Gives a process these descriptors, and no others: a link by number, or in a row from 0 on."""
        links = links if isinstance(links, dict) else dict(enumerate(links))
        place = self.folder / str(pid)
        for number in os.listdir(place / "fd"):
            (place / "fd" / number).unlink()
        for number, link in links.items():
            (place / "fd" / str(number)).symlink_to(link)
            (place / "fdinfo" / str(number)).write_text("pos:\t0\nflags:\t02\nmnt_id:\t1\nino:\t1\n")
