"""A process that code under test cannot end by itself: whoever calls ``os._exit`` there gets an exception instead."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

_ENDS = ("_exit", "abort", "execv", "execve")
"""What ends a process, or makes another program of it, without a word to anybody."""


class EndedError(BaseException):
    """The process would have ended. It is no ``Exception``, for those are caught by whoever tries something."""


@contextlib.contextmanager
def staying() -> Iterator[None]:
    """Let this process stay for a while; its children, such as those of ``multiprocessing``, may end as they like.

    What ends a process from within C, and signals, are not kept from it.
    """
    here = os.getpid()

    def told(name: str, usual: Callable[..., object]) -> Callable[..., object]:
        def instead(*arguments: object) -> object:
            if os.getpid() != here:
                return usual(*arguments)
            raise EndedError(f"os.{name}() was called, which would have ended the process")

        return instead

    usual = {name: getattr(os, name) for name in _ENDS}
    for name, ends in usual.items():
        setattr(os, name, told(name, ends))
    try:
        yield
    finally:
        for name, ends in usual.items():
            setattr(os, name, ends)
