"""As the interpreter ends, names of modules are gone before the last objects are: what then ends, ends silently."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable

import pytest

from afilnet_protocols.security import log_cover, secret
from afilnet_protocols.security.log_cover import LogCover
from afilnet_protocols.security.secret import Secret, _Entry, _Roll


class Client:
    """Something that is collected."""


def a_secret(_: pytest.MonkeyPatch) -> object:
    return Secret("the last one")


def a_client(monkeypatch: pytest.MonkeyPatch) -> object:
    client, cover = Client(), LogCover()
    monkeypatch.setattr(LogCover, "renew", lambda _: None)  # it would stay on the loggers of this process
    cover.enter(client)
    monkeypatch.setattr(Client, "cover", cover, raising=False)
    return client


def ends_silently(make: Callable[[pytest.MonkeyPatch], object], monkeypatch: pytest.MonkeyPatch) -> bool:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    kept = make(monkeypatch)
    with monkeypatch.context() as late:
        for module in (secret, log_cover):
            for name in [each for each in vars(module) if not each.startswith("__")]:
                late.setattr(module, name, None)
        del kept
        gc.collect()
    return not told


@pytest.mark.parametrize("make", [a_secret, a_client])
def test_what_is_left_at_the_end_ends_silently(
    make: Callable[[pytest.MonkeyPatch], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ends_silently(make, monkeypatch)


def test_an_end_that_needs_a_name_of_its_module_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = _Roll._leave

    def looked_up(self: _Roll, entry: weakref.ref[Secret]) -> None:
        if isinstance(entry, secret._Entry):
            leave(self, entry)

    monkeypatch.setattr(secret, "roll", _Roll())
    monkeypatch.setattr(_Roll, "_leave", looked_up)
    assert not ends_silently(a_secret, monkeypatch)
    assert _Entry is secret._Entry
