"""No specimen of dma-buf: only a device driver can make one (Documentation/driver-api/dma-buf.rst)."""

from __future__ import annotations

WITHOUT = {"dma-buf": "only the driver of a graphics, video or similar device makes one"}
