"""What interrupts an outbox in its own thread, as a signal's handler does, is refused, and breaks nothing."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.sqlite import transactions
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.tables import table

SETTINGS = Settings(user="u", password="p")
_numbers = itertools.count()
ENTRY = {**PLACE, "destination": "341"}

DEEDS: dict[str, Callable[[Outbox], object]] = {
    "enqueue": lambda outbox: outbox.enqueue(**ENTRY, message="from a handler"),
    "purge": lambda outbox: outbox.purge(older_than=0.0),
}


def refusals(outbox: Outbox, deed: Callable[[Outbox], object]) -> list[str]:
    """Run an outbox that is interrupted whenever it is about to ask SQLite for something; return what was refused."""
    refused = []

    def interrupting(_: FrameType, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") == "execute":
            sys.setprofile(None)
            try:
                deed(outbox)
            except ConfigurationError as error:
                refused.append(str(error))
            finally:
                sys.setprofile(interrupting)

    sys.setprofile(interrupting)
    try:
        outbox.run()
    finally:
        sys.setprofile(None)
    return refused


def interrupted(folder: Path, deed: Callable[[Outbox], object]) -> tuple[list[str], dict[State, int]]:
    service = Service()
    with Outbox(
        folder / f"{next(_numbers)}.db", SETTINGS, make_client=lambda _: service, conduct=service.conduct()
    ) as outbox:
        for text in ("one", "two"):
            outbox.enqueue(**ENTRY, message=text)
        refused = refusals(outbox, deed)
        return refused, {state: count for state, count in outbox.status().items() if count}


@table("deed", list(DEEDS))
def test_a_step_that_is_interrupted_by_another_is_whole_and_the_other_is_refused(tmp_path, deed):
    refused, states = interrupted(tmp_path, DEEDS[deed])
    assert states == {State.SENT: 2}
    assert refused
    assert all("in the middle of a step" in each for each in refused)


def test_sabotage_a_step_that_lets_another_begin_in_its_middle_is_undone(tmp_path, monkeypatch):
    monkeypatch.setattr(transactions, "refuse_reentrance", lambda *_: None)
    with pytest.raises(ConfigurationError, match="no transaction is active"):
        interrupted(tmp_path, DEEDS["enqueue"])
