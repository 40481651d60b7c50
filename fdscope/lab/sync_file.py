"""No specimen of sync-file: only a device driver can make one (Documentation/driver-api/sync_file.rst)."""

from __future__ import annotations

WITHOUT = {"sync-file": "only the driver of a graphics, video or similar device makes one"}
