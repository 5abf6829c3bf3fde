"""`ELSEWHERE`: what a forked child has in the place of the parts of a sandbox, which serve where it was started."""

from __future__ import annotations

from typing import Any, NoReturn

from afilnet_protocols.errors import ConfigurationError


class _Elsewhere:
    """Refuses whatever it is asked: what is told to the copy of a service, the service never learns."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ConfigurationError(
            "this sandbox serves in the process that this one was forked from: its clients work here, but what it"
            " shows and what is done to it is asked for there, or by its control address"
        )


ELSEWHERE: Any = _Elsewhere()
"""Stands for any part."""
