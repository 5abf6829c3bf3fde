"""The names of what a call holds, by which a description's parameters are told."""

from __future__ import annotations

from afilnet_protocols.catalogue import OPERATIONS

CREDENTIALS = ("user", "password")
WHICH = ("class", "method")
"""What says which method is called, where one operation takes any."""

KNOWN = frozenset(item.wire for operation in OPERATIONS for item in operation.parameters)
"""The parameters of all methods, which an operation takes that any method may be called by."""

MEANT = KNOWN.union(CREDENTIALS, WHICH)
"""The names that say something here: which of two texts of such a name is meant, nobody could tell."""
