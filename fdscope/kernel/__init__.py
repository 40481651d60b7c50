"""The only rooms that touch the system: they give the kernel's bytes and know no meaning."""
