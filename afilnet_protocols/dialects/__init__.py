"""How a service speaks where the vendor leaves it open, as one description: read, written, and named."""

from __future__ import annotations

from afilnet_protocols.dialects.dialect import Dialect
from afilnet_protocols.dialects.dimensions import DIMENSIONS, Dimension, Value
from afilnet_protocols.dialects.file import dumps, loads
from afilnet_protocols.dialects.named import NAMED, find

__all__ = ["DIMENSIONS", "NAMED", "Dialect", "Dimension", "Value", "dumps", "find", "loads"]
