"""The version, as a literal: reading it from the installed metadata would cost more than a scan."""

__version__ = "0.1.0"
