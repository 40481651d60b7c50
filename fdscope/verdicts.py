"""Why a process is switched: rates and waits to a verdict, by the rules that fdscope(1) tells. Pure."""

from __future__ import annotations

from typing import NamedTuple

from .frame import Verdict, WaitShare
from .quantity import many, percent

_IO = frozenset(
    (
        "input output transfer connection connect readiness completion opening device storage file-lock message"
    ).split()
)


class Busy(NamedTuple):
    """The figures that a verdict is made from."""

    voluntary_per_s: float
    involuntary_per_s: float
    threads: int
    cpu_share: float | None
    """1 is one CPU all the time."""
    queue_share: float | None
    """Time that threads were ready and waited for a CPU, likewise."""
    running: int | None
    """Threads of the machine that run or want to."""
    cpus: int | None
    waits: list[WaitShare]
    unseen: float = 0.0
    """Share of the voluntary switches of which it was never seen what they were for."""
    ended: int = 0
    """Threads that have ended, so that switches are missing."""


_CALM_PER_S, _CALM_SHARE = 100.0, 0.02
"""Fewer switches and less CPU than this is idle, if no thread wants more of it."""
_MOST = 0.6
"""The share from which on one reason stands for all."""
_COMPUTES = 0.5
_QUEUED = 0.1
_OFTEN = 100.0
"""So many switches a second for each CPU that it uses are more than a computing thread has."""


def verdict(busy: Busy) -> Verdict:
    """Why a process is switched, by the rules that the manual tells."""
    found = _by_rules(busy)
    if not busy.ended:
        return found
    word = "unknown" if found.word == "idle" else found.word
    missing = f"what {many(busy.ended, 'thread')} that ended did last, and any that came and went, is not counted"
    return Verdict(word=word, evidence=f"{found.evidence}; {missing}")


def _by_rules(busy: Busy) -> Verdict:
    rates = f"{busy.voluntary_per_s:,.0f} voluntary and {busy.involuntary_per_s:,.0f} involuntary switches/s"
    calm = busy.voluntary_per_s + busy.involuntary_per_s < _CALM_PER_S and (busy.cpu_share or 0.0) < _CALM_SHARE
    if calm and (busy.queue_share or 0.0) < _QUEUED:
        return Verdict(word="idle", evidence=_idle(busy))
    if busy.involuntary_per_s > busy.voluntary_per_s:
        contended = _contended(busy)
        if contended:
            return Verdict(word="cpu", evidence=f"{rates}; {contended}")
    if (busy.cpu_share or 0.0) >= _COMPUTES and busy.voluntary_per_s < _OFTEN * (busy.cpu_share or 0.0):
        contended = _contended(busy)
        used = f"{percent(busy.cpu_share or 0.0)} of a CPU"
        if contended:
            return Verdict(word="cpu", evidence=f"{used}, {rates}; {contended}")
        return Verdict(word="running", evidence=f"{used}, only {rates}")
    return _by_waits(busy, rates)


def _idle(busy: Busy) -> str:
    first = next((one for one in busy.waits), None)
    rates = f"{busy.voluntary_per_s + busy.involuntary_per_s:,.0f} switches/s"
    return f"{rates}; waits in {told(first)}" if first is not None and first.syscall else rates


def _contended(busy: Busy) -> str:
    """How it shows that there are too few CPUs; empty: it does not."""
    crowd = ""
    if busy.running is not None and busy.cpus and busy.running > busy.cpus:
        crowd = f"{busy.running} threads want {many(busy.cpus, 'CPU')}"
    if busy.queue_share is None:
        return crowd
    if busy.queue_share < _QUEUED * max(1.0, busy.cpu_share or 0.0):
        return ""
    waited = f"ready, but without a CPU, for {percent(busy.queue_share)} of the time"
    return f"{waited}; {crowd}" if crowd else waited


def _by_waits(busy: Busy, rates: str) -> Verdict:
    """By what the threads that were switched waited for."""
    groups: dict[str, float] = {}
    for one in busy.waits:
        name = "io" if one.waits_for in _IO else {"lock": "lock", "time": "timer"}.get(one.waits_for, "other")
        groups[name] = groups.get(name, 0.0) + _weight(one)
    known = sum(groups.values())
    if not known or busy.unseen >= _MOST:
        who = "no thread was seen to wait"
        if known:
            who = f"the threads that make {percent(busy.unseen)} of the voluntary ones were never seen to wait"
        return Verdict(word="unknown", evidence=f"{rates}; {who}")
    if busy.unseen:
        groups["not seen"] = known * busy.unseen / (1 - busy.unseen)
        known += groups["not seen"]
    word, most = max(groups.items(), key=lambda item: item[1])
    if most < _MOST * known or word == "other":
        shares = sorted(groups.items(), key=lambda item: -item[1])
        told_of = ", ".join(f"{name} {percent(share / known)}" for name, share in shares)
        return Verdict(word="mixed", evidence=f"{rates}; by waits: {told_of}")
    chosen = [one for one in busy.waits if _belongs(one, word)]
    chosen.sort(key=lambda one: -_weight(one))
    each = ", ".join(f"{told(one)} {percent(_weight(one) / known)}" for one in chosen[:2])
    return Verdict(word=word, evidence=f"{rates}; {each}")


def _belongs(one: WaitShare, word: str) -> bool:
    return one.waits_for in _IO if word == "io" else one.waits_for == {"lock": "lock", "timer": "time"}[word]


def _weight(one: WaitShare) -> float:
    return one.share if one.switches_share is None else one.switches_share


def told(one: WaitShare) -> str:
    """``read(7) pipe:[12]``, ``futex 0x7f…``: a way to wait, in a few words. May hold hostile text."""
    if one.futex is not None:
        return f"futex {one.futex}"
    call = one.syscall or one.waits_for
    if one.fd is None:
        return call
    return f"{call}({one.fd})" + (f" {one.what}" if one.what else "")
