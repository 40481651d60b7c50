"""Whole screens of made frames, compared with what they were.

After a change that is meant to change screens: FDSCOPE_WRITE_EXPECTATIONS=1 pytest tests/top, and read the diff.
"""

import os
from pathlib import Path

from made_proc import Processes
from screening import shown

from fdscope.frame import Frame, MachineFrame, Outline, ProcessFrame, Sampling, Verdict
from fdscope.model import Problem
from fdscope.report.top import Order
from fdscope.top.reading import Seen

SCREENS = Path(__file__).parent / "screens"
NAMES = ("nginx", "postgres", "[red]x[/]", "ключ\x1b[2J", "日本語", "python3")


def outline(pid):
    return Outline(
        pid=pid,
        name=NAMES[pid % len(NAMES)],
        is_kernel=pid % 11 == 0,
        voluntary_per_s=pid * 37.5 % 1000,
        involuntary_per_s=pid * 1013 % 70_000,
        descriptors=None if pid % 13 == 0 else 0 if pid % 11 == 0 else 1024 * (40 - pid % 40) // 40,
        growth=(pid % 7 - 3) * (pid % 3),
        limit=None if pid % 13 == 0 else 1024,
        seconds_to_limit=90.0 if pid % 7 == 6 else None,
    )


def told(one):
    models = {"multiplexed": one.pid % 5, "blocking": one.pid % 3, "running": one.pid % 2}
    return ProcessFrame(
        pid=one.pid,
        name=one.name,
        voluntary_per_s=one.voluntary_per_s,
        involuntary_per_s=one.involuntary_per_s,
        threads_counted=1,
        waiting_threads={model: number for model, number in models.items() if number},
        verdict=Verdict(word="idle", evidence="nothing"),
    )


def seen(number):
    outlines = [outline(pid) for pid in range(100, 160)]
    frame = Frame(
        schema="fdscope.frame/1",
        fdscope="1",
        taken_at="2026-11-23T05:02:00.500Z",
        number=number,
        elapsed_s=60.0 * number,
        interval_s=1.0,
        machine=MachineFrame(
            context_switches_per_s=45_120.0, running=3, cpus=2, cpu_pressure=0.12, io_pressure=0.0
        ),
        processes=[told(one) for one in outlines],
        processes_total=len(outlines),
        attribution="sampled",
        sampling=Sampling(looks=10, looks_per_s=10.0),
        own_cpu_share=0.064,
        problems=[Problem(pid=104, what="descriptors", reason="permission-denied")] if number == 1 else None,
    )
    return Seen(frame, outlines, 0.0312)


def test_the_table_fits_every_screen(tmp_path):
    made = Processes(tmp_path)
    made.begin(100)

    async def journey(screen):
        await screen.until(lambda _: screen.app.meant != [])  # the first look; the next is an hour away
        for number in (1, 2):
            screen.app._saw(seen(number))
        for columns, rows in [(80, 24), (40, 12), (20, 4), (120, 40)]:
            await screen.resize(columns, rows)
            screen.app.order = Order()
            screen.app.screen.listing.begin()
            screen.app.screen.renew()
            await screen.press("down", "down", "s", "s")
            found = screen.text
            path = SCREENS / f"{columns}x{rows}.txt"
            if os.environ.get("FDSCOPE_WRITE_EXPECTATIONS"):
                path.write_text(found)
            assert found == path.read_text()
            assert len(screen.lines) == rows
            for key in ("enter", "2", "3", "4", "question_mark"):  # whatever does not fit is left out
                await screen.press(key)
                assert len(screen.lines) == rows
            await screen.press("escape", "escape")

    shown(journey, interval_s=3600.0, proc=str(tmp_path))
