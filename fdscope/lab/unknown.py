"""No specimen of unknown: it takes a file system that does not answer."""

from __future__ import annotations

WITHOUT = {"unknown": "it takes a file system whose server is silent, which would hang other programs"}
