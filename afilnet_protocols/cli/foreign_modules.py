"""What a call needs of other packages, loaded without what these load in vain.

A command loads all of it to make one call. Nothing is hidden by this: there is one thread, so that nobody else imports
anything meanwhile, and afterwards every module is there for whoever imports it.
"""

from __future__ import annotations

import importlib
import os
import sys
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType

_TYPING = "typing_extensions"
_TRIED_OUT = "Foo"
"""The annotation of which msgspec asks whether ``typing`` takes it with ``is_class``."""

_OF_MSGSPEC = ("platform", "textwrap", "msgspec.inspect", "msgspec.msgpack", "msgspec.toml", "msgspec.yaml")
_OF_SOCKETS = ("array", "selectors")


class _Later(ModuleType):
    """Stands for a module with whoever imported it here, and hands on what that has: the first use loads it."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:  # its importer uses it at once
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def load_msgspec() -> None:
    """Load msgspec without what describes types, and without the formats that are not ours.

    It is loaded as where typing_extensions is not installed, which takes nearly half as long to load as msgspec: all
    that msgspec takes from it is what ``typing`` has, too, since Python 3.11.

    What msgspec tries out of ``typing`` meanwhile, and throws away, is not compiled: the first text that is, in a
    process, has Python make all classes of ``ast``, which takes as long as thirty modules of ours.
    """
    of_typing = vars(typing)
    if _alone() and not {_TYPING, "msgspec"} & set(sys.modules) and "compile" not in of_typing:
        sys.modules[_TYPING] = None  # type: ignore[assignment]  # not to be found, as the import system defines it
        of_typing["compile"] = _compiled
        try:
            with _later(_OF_MSGSPEC):
                importlib.import_module("msgspec")
        finally:
            del sys.modules[_TYPING], of_typing["compile"]


def load_sockets() -> None:
    """Load ``socket`` without what it sends files and descriptors with."""
    if _alone() and "socket" not in sys.modules:
        with _later(_OF_SOCKETS):
            importlib.import_module("socket")


@contextmanager
def _later(names: Iterable[str]) -> Iterator[None]:
    """Have modules that are not loaded yet loaded by their first use, where they are imported meanwhile."""
    waiting = {name: _Later(name) for name in names if name not in sys.modules}
    if "platform" in waiting:
        # `uuid` asks for it as it is loaded, and for nothing else. It is what `platform` looks up, too.
        vars(waiting["platform"])["system"] = lambda: os.uname().sysname
    sys.modules.update(waiting)
    try:
        yield
    finally:
        for name, module in waiting.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _alone() -> bool:
    return len(sys._current_frames()) == 1


def _compiled(text: str, *how: typing.Any) -> object:
    return None if text == _TRIED_OUT else compile(text, *how)
