"""What do lsof(8), lsfd(1), fuser(1) and ss(8) do, and what is that here? Data only.

Every documented option of selection and output has a row; each row with two lines is run by a test, which finds
that both answer the same.
"""

from __future__ import annotations

from .fuser import FUSER
from .lsfd import LSFD
from .lsof import LSOF
from .row import Row, Table
from .ss import SS

TABLES = (LSOF, LSFD, FUSER, SS)

__all__ = ["TABLES", "Row", "Table"]
