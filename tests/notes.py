"""`Notes`: a hook that notes in words what it is told, for tests of what hooks are told."""

from __future__ import annotations

from afilnet_protocols.observation import CallInfo


class Notes:
    """A hook that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def before(self, call: CallInfo) -> None:
        self.told.append("before")

    def after(self, call: CallInfo) -> None:
        self.told.append(f"after {call.verdict} {call.error}")
