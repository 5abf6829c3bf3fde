"""Ctrl-C at `afilnet` while it is loaded, and while it ends: held until there is somebody who can tell what was done.

Python's own answer to it is a traceback from wherever the import was. One is held; the next ends the process at once.
While the command works, one ends it as ``KeyboardInterrupt``: in the middle of an import not before that is over, for
modules of other packages swallow it, or leave Python in a state in which it ends by a signal; the next does at once.

This comes before all other modules, so it needs none of Python's either that has to be loaded.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
else:
    import _signal as signal

_CODE = 130
"""What a shell shows of a command that Ctrl-C ended; `afilnet_protocols.cli.ending.exits` is not loaded yet."""

_PACKAGE = "afilnet_protocols"
_COMMAND = "afilnet_protocols.cli"
"""What the script of the command imports in its first lines, whatever installer wrote it."""

_noted = False
"""Whether one is held."""

_IMPORTING = "<frozen importlib"
"""How the files begin whose functions import."""


def is_command() -> bool:
    """Whether this process is the command, and not a program of the same name, or one that is given the library's."""
    if sys.argv[0] == "-m":
        # While Python imports what it is to run, `sys.argv` has the option, and behind it what the program is given.
        return sys.orig_argv[-len(sys.argv) :][:1] == [_PACKAGE]
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return _COMMAND in frame.f_code.co_names


def hold() -> None:
    """Hold interruptions from now on, unless somebody else answers them, or they are ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _note)


class LetThrough:
    """Lets interruptions that are held otherwise, and one that is held now, end a block as ``KeyboardInterrupt``."""

    def __enter__(self) -> None:
        self._held = signal.getsignal(signal.SIGINT) is _note
        if self._held:
            self._hook = sys.unraisablehook
            sys.unraisablehook = _again(self._hook)
            signal.signal(signal.SIGINT, _pass)
            try:
                _raise_noted()
            except BaseException:
                self.__exit__()
                raise

    def __exit__(self, *_: object) -> None:
        if self._held:
            signal.signal(signal.SIGINT, _note)
            if sys.getprofile() is _after_the_import:
                sys.setprofile(None)
            sys.unraisablehook = self._hook


def ignore() -> None:
    """Let one that comes when all is over be nobody's, as what holds it goes before the process does."""
    if signal.getsignal(signal.SIGINT) is _note:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _note(number: int, frame: "FrameType | None") -> None:
    global _noted
    del number, frame
    if _noted:
        import os

        os._exit(_CODE)
    _noted = True


def _pass(number: int, frame: "FrameType | None") -> None:
    waits = sys.getprofile()
    if waits is None and _imports(frame):
        sys.setprofile(_after_the_import)
        return
    if waits is _after_the_import:
        sys.setprofile(None)
    signal.default_int_handler(number, frame)


def _after_the_import(frame: "FrameType", event: str, _: object) -> None:
    if event == "return" and frame.f_code.co_filename.startswith(_IMPORTING) and not _imports(frame.f_back):
        sys.setprofile(None)
        raise KeyboardInterrupt


def _imports(frame: "FrameType | None") -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORTING):
            return True
        frame = frame.f_back
    return False


def _raise_noted() -> None:
    global _noted
    if _noted:
        _noted = False
        raise KeyboardInterrupt


def _again(raised: "Callable[[sys.UnraisableHookArgs], object]") -> "Callable[[sys.UnraisableHookArgs], object]":
    """Return a hook by which one that came where Python cannot raise, as in the end of an object, comes once more."""

    def hook(told: "sys.UnraisableHookArgs") -> None:
        if told.exc_type is KeyboardInterrupt:
            sys.setprofile(at_the_next_step)
        else:
            raised(told)

    def at_the_next_step(frame: "FrameType", event: str, _: object) -> None:
        del event
        if frame.f_code is not hook.__code__:
            sys.setprofile(None)
            raise KeyboardInterrupt

    return hook
