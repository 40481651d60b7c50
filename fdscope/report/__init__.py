"""Snapshot to text: it formats, and decides no facts."""
