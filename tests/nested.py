"""Runs of pytest inside a test: they load what is asked about, and not every plug-in that is installed here."""

from __future__ import annotations

OTHERS = ("schemathesis", "anyio", "xdist", "xdist.looponfail", "time_machine")
"""Plug-ins that no nested run needs. They take five times as long to load as pytest itself."""

WITHOUT_OTHERS = tuple(word for name in OTHERS for word in ("-p", f"no:{name}"))
"""The options of a nested run; as `PYTEST_ADDOPTS`, joined by blanks."""
