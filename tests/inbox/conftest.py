"""Places for inboxes: files."""

from __future__ import annotations

import itertools

import pytest

_numbers = itertools.count()


@pytest.fixture
def new_place(tmp_path):
    """Return what names a new place for an inbox at each call: the arguments of :class:`Inbox`."""
    return lambda: (tmp_path / f"{next(_numbers)}.db", {})
