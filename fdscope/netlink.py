"""How netlink packs its answers: attributes of a type and a length (netlink(7), include/net/netlink.h). Pure."""

from __future__ import annotations

from struct import Struct

_HEAD = Struct("=HH")
_TYPE = 0x3FFF  # the two bits above tell of nesting and byte order (NLA_TYPE_MASK)


def attributes(data: bytes) -> dict[int, bytes]:
    """Type to value; of a type that comes twice the last value is kept.

    Raises:
        ValueError: a length is too short to be one, or leads past the end.
    """
    found: dict[int, bytes] = {}
    offset, end = 0, len(data)
    while offset + 4 <= end:
        length, kind = _HEAD.unpack_from(data, offset)
        if length < 4 or offset + length > end:
            raise ValueError(f"an attribute of {length} bytes in {end - offset}")
        found[kind & _TYPE] = data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found
