"""Runs of pytest inside a test: they load what is asked about, and not every plug-in that is installed here."""

from __future__ import annotations

OTHERS = ("schemathesis", "anyio", "xdist", "xdist.looponfail", "time_machine")
"""Plug-ins that no nested run needs. They take five times as long to load as pytest itself."""

WITHOUT_OTHERS = tuple(word for name in OTHERS for word in ("-p", f"no:{name}"))
"""The options of a nested run that is about plug-ins being loaded by themselves."""

OURS = ("afilnet_protocols.conformance.pytest_plugin", "afilnet_protocols.sandbox.pytest_plugin")

ONLY_OURS = ("--disable-plugin-autoload", *(word for name in OURS for word in ("-p", name)))
"""The options of any other; as `PYTEST_ADDOPTS`, joined by blanks.

Where plug-ins are loaded by themselves, pytest rewrites every module of each package that brings one, which takes
longer than most of these runs.
"""
