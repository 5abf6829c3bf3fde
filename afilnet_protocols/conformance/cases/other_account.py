"""`elsewhere`: part of a case that is played in another account than the target's own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Unpack

from afilnet_protocols.conformance.cases.context import Context
from afilnet_protocols.conformance.targets.target import AccountOf


@contextlib.contextmanager
def elsewhere(context: Context, **account: Unpack[AccountOf]) -> Iterator[Context]:
    """Give the same backend in another account of the same service, compared with a model of its own."""
    from afilnet_protocols.conformance.targets.stage import compared

    world = context.world.another(**account)
    target = dataclasses.replace(context.target, make=world.client, world=world)
    differential = compared([target])
    try:
        yield Context([target], differential, seed=context.seed, destination=context.destination)
    finally:
        differential.close()
