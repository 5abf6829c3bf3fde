"""`log_cover`: keeps a filter on the loggers of the libraries below us, which log what they send.

It is there while a client is open, and acts there whatever the levels and handlers are. Filters of loggers do not act
for child loggers, so every module that has a logger is named. As long as nobody has loaded ``logging`` there is no
logger to cover, and to load it would be a tenth of a start: the cover goes on in the moment in which somebody does.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from _weakref import ref  # all of `weakref` would be a hundredth of a start
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from afilnet_protocols.process.fork import renew_in_child

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from logging import Manager
    from types import ModuleType

    from afilnet_protocols.security.log_filter import RedactingFilter

LOGGERS = (
    "h11",
    "http.client",
    "oauthlib",
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth2.rfc6749",
    "oauthlib.oauth2.rfc6749.endpoints.base",
    "oauthlib.oauth2.rfc8628",
    "requests",
    "requests_oauthlib",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
    "requests_oauthlib.oauth2_session",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "zeep",
    "zeep.cache",
    "zeep.client",
    "zeep.proxy",
    "zeep.transports",
    "zeep.wsdl.bindings.http",
    "zeep.wsdl.bindings.soap",
    "zeep.wsdl.wsdl",
    "zeep.xsd.elements.any",
    "zeep.xsd.elements.attribute",
    "zeep.xsd.elements.element",
    "zeep.xsd.schema",
    "zeep.xsd.types.any",
    "zeep.xsd.types.complex",
    "zeep.xsd.types.simple",
    "zeep.xsd.visitor",
)
"""The loggers of the libraries below us, as far as a client runs through them."""

_BELOW = tuple(f"{name}." for name in LOGGERS)
_OURS = "afilnet_protocols"


class _Entry(ref[object]):
    """An open client."""

    __slots__ = ("key",)

    key: int


class _Making:
    """Stands for a client that is being made."""


class LogCover:
    """Keeps the filter on the loggers of other libraries as long as a client is open."""

    def __init__(self) -> None:
        self._covered: _Covered | None = None
        self._awaiting = _Awaiting(self.renew)
        self._open: dict[int, _Entry] = {}
        self.after_fork()

    def after_fork(self) -> None:
        """Have a lock that nobody holds: a child of a fork has none of its parent's threads."""
        # A client may be collected, and leave, in the midst of these lines.
        self._lock = threading.RLock()

    def enter(self, client: object) -> None:
        """Cover all loggers from now on, until the client leaves or is collected.

        It is done whenever a client is made: a logger that did not exist before is covered then.
        """
        entry = _Entry(client, self._collected)
        entry.key = id(client)
        with self._lock:
            self._open[entry.key] = entry
        self.renew()

    def leave(self, client: object) -> None:
        """Note that a client is closed; with the last one the filter goes. Doing it again changes nothing."""
        with self._lock:
            entry = self._open.get(id(client))
            if entry is not None:
                self._left(entry)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Cover all loggers while a client is being made."""
        token = _Making()
        self.enter(token)
        try:
            yield
        finally:
            self.leave(token)

    def renew(self) -> None:
        """Cover the loggers that there are, or be told when ``logging`` is loaded."""
        if sys.modules.get("logging") is None:
            self._awaiting.begin()
        # Somebody may have loaded it meanwhile.
        if sys.modules.get("logging") is None:
            return
        # Not under the lock: another thread may be loading it, and wants the lock when it is done.
        import logging

        from afilnet_protocols.security.log_filter import RedactingFilter

        with self._lock:
            if self._covered is None:
                self._covered = _Covered(logging.root.manager, RedactingFilter())
            if self._open:
                self._covered.renew()
            self._awaiting.end()

    def _collected(self, entry: _Entry) -> None:
        # As the interpreter ends, the names of this module may be gone before the last client is.
        if _Covered is not None:
            with self._lock:
                self._left(entry)

    def _left(self, entry: _Entry) -> None:
        # Another client may have the place in memory of one that was collected.
        if self._open.get(entry.key) is entry:
            del self._open[entry.key]
            if not self._open:
                self._uncover()

    def _uncover(self) -> None:
        self._awaiting.end()
        if self._covered is not None:
            self._covered.end()


class _Covered:
    """The loggers of this process, and the filter on them."""

    def __init__(self, manager: Manager, masking: RedactingFilter) -> None:
        self._manager = manager
        self._masking = masking
        self._many = -1

    def renew(self) -> None:
        """Have the filter on all loggers that there are."""
        # Loggers are never forgotten, so that as many as before are the same as before.
        if len(self._manager.loggerDict) == self._many:
            return
        for name in {*LOGGERS, _OURS, *self._known()}:
            self._manager.getLogger(name).addFilter(self._masking)
        self._many = len(self._manager.loggerDict)

    def end(self) -> None:
        """Take the filter off all loggers but ours."""
        self._many = -1
        for name in self._known():
            if not name.startswith(_OURS):
                self._manager.getLogger(name).removeFilter(self._masking)

    def _known(self) -> list[str]:
        """Return the loggers that there are, of the libraries below us and ours."""
        names = list(self._manager.loggerDict)
        return [name for name in names if name in LOGGERS or name.startswith((*_BELOW, _OURS))]


class _Awaiting:
    """Is asked by Python for each module that is loaded, and tells when ``logging`` has been.

    Args:
        loaded: is told, by the thread that loads it, before any other line of the program can use it.
    """

    def __init__(self, loaded: Callable[[], None]) -> None:
        self._loaded = loaded

    def begin(self) -> None:
        """Be asked from now on."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Be asked no longer."""
        finders = sys.meta_path  # none as the interpreter ends
        if finders and self in finders:
            finders.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how ``logging`` is loaded: as others say, with a word to us when it is done."""
        if name != "logging":
            return None
        others = (each.find_spec(name, path, target) for each in list(sys.meta_path) if each is not self)
        spec = next((found for found in others if found is not None), None)
        if spec is not None and spec.loader is not None:
            # The base that says so is in a module that is not loaded yet.
            spec.loader = cast("Loader", _Telling(spec.loader, self._loaded))
        return spec


class _Telling:
    """A loader that loads as another does, and then tells.

    Args:
        loader: the other; it is what the module knows as its loader.
        loaded: is told.
    """

    def __init__(self, loader: Loader, loaded: Callable[[], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make the module."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._loaded()


log_cover = LogCover()
renew_in_child(log_cover)
