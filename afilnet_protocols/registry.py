"""`connect`: from settings to a client. Backends are found by name and imported only when chosen."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

import msgspec

from afilnet_protocols.breaker import Breaker, NoBreaker, check_breaker
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.observation import CallHook, check_hooks
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.shortage import MADE_OR_TOLD
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.levels import Level, declared_by
from afilnet_protocols.security.log_cover import log_cover
from afilnet_protocols.security.outward import outward
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings import Settings, wrap_secrets
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.settings.overrides import SettingsOverrides

GROUP = "afilnet_protocols.backends"
"""The entry-point group in which other packages offer backends."""

_BUILT_IN = {
    Protocol.HTTP_GET: "afilnet_protocols.backends.http_get:HttpGetBackend",
    Protocol.HTTP_POST: "afilnet_protocols.backends.http_post:HttpPostBackend",
    Protocol.BASIC: "afilnet_protocols.backends.basic:BasicBackend",
    Protocol.SOAP: "afilnet_protocols.backends.soap:SoapBackend",
    Protocol.JSON: "afilnet_protocols.backends.json:JsonBackend",
}

Backend = Callable[[Settings], ChatOperations]


class GuardedBackend(msgspec.Struct, frozen=True):
    """What makes clients of one protocol, and only for settings that reach their own minimum.

    Attributes:
        backend: what really makes them.
        declared: the level that an installed backend says of itself that it reaches (its ``security_ceiling``); without
            one it is taken for ``medium``. ``None`` for built-in ones.
    """

    backend: Backend
    declared: Level | None = None

    def __call__(self, settings: Settings) -> ChatOperations:
        """Make a client.

        Raises:
            SecurityPolicyError: the settings are below their own minimum.
            ConfigurationError: they cannot work.
        """
        try:
            check_settings(settings, declared=self.declared)
            with log_cover.held():
                return self.backend(settings)
        except AfilnetError as error:
            # The frames below hold descriptions and answers, which may repeat a secret, as may what is said of them.
            fault = outward(error)
        try:
            raise fault
        finally:
            del fault  # it holds this frame, and this frame would hold it


def connect(
    profile_or_settings: str | Settings | None = None,
    /,
    *,
    hooks: Sequence[CallHook] = (),
    breaker: Breaker | bool | None = True,
    **overrides: Unpack[SettingsOverrides],
) -> ChatOperations:
    """Make a client for the configured protocol. No connection is opened before the first call.

    Args:
        profile_or_settings: the name of a profile in the file that ``AFILNET_CONFIG`` names or in the user's own
            ``afilnet.toml``, never in one of the current folder; or ready settings, and then neither files nor
            environment are read; or nothing, for the profile that ``AFILNET_PROFILE`` names, if any. A profile with
            a ``migration`` table gives a client that tries its candidate out as the table says.
        hooks: what watches every call of this client, before and after it.
        breaker: what refuses calls for a while after many failures in a row: one with numbers of your own, or one that
            other clients of the same origin have too; ``True`` for one of its own, ``False`` or ``None`` for none.
        overrides: settings by their names, such as ``protocol`` (:class:`~afilnet_protocols.Settings` has them all);
            they win over every other source.

    Returns:
        A client, to be closed after use; it is a context manager.

    Raises:
        ConfigurationError: the settings cannot work, what is given as ``hooks`` or ``breaker`` is none, or this process
            lacks what a client needs, such as open files.
        SecurityPolicyError: the protocol cannot reach ``minimum_security`` with these settings.
    """
    wrap_secrets(overrides)

    fitted = Fitted(check_hooks(hooks), check_breaker(breaker))
    with MADE_OR_TOLD:
        if isinstance(profile_or_settings, Settings):
            return fitted.make(resolve_settings(profile_or_settings, **overrides))
        with undivided:
            from afilnet_protocols.settings.sources import resolve

        resolved = resolve(profile_or_settings, dict(overrides), beside=connect.__kwdefaults__)
        if resolved.migration:
            from afilnet_protocols.migration.configured import migrating

            return migrating(resolved, dict(overrides), fitted.make)
        return fitted.make(resolved.settings, resolved.came_from("protocol"))


class Fitted:
    """Makes the clients of one :func:`connect`, each with what the caller wants it to have.

    Args:
        hooks: what watches its calls.
        breaker: as for :func:`connect`. The first client has it; another one, the candidate of a migration, has one
            alike, for it may be another origin's.
    """

    def __init__(self, hooks: tuple[CallHook, ...], breaker: Breaker | bool | None) -> None:
        self._hooks = hooks
        self._breaker = breaker
        self._given = False

    def make(self, settings: Settings, came_from: str = "") -> ChatOperations:
        """Make a client from settings.

        Args:
            settings: what it is made from.
            came_from: where the protocol came from, for an error.

        Raises:
            ConfigurationError: they cannot work, or the backend takes no hooks or no breaker.
        """
        chat = find(str(settings.protocol), came_from)(settings)
        if self._hooks:
            if not hasattr(chat, "hooks"):
                raise ConfigurationError(f"the backend {quoted(settings.protocol)} takes no hooks")
            chat.hooks = self._hooks
        if self._breaker is not True:
            if not hasattr(chat, "breaker"):
                raise ConfigurationError(f"the backend {quoted(settings.protocol)} takes no breaker")
            breaker = self._breaker or NoBreaker()
            chat.breaker, self._given = breaker.alike() if self._given else breaker, True
        return chat


def resolve_settings(
    profile_or_settings: str | Settings | None = None, /, **overrides: Unpack[SettingsOverrides]
) -> Settings:
    """Return the settings that :func:`connect` would use, under the same rules."""
    wrap_secrets(overrides)
    with MADE_OR_TOLD:
        if isinstance(profile_or_settings, Settings):
            # They were checked when they were made, and nobody can change them.
            return profile_or_settings.but(**overrides) if overrides else profile_or_settings
        with undivided:
            from afilnet_protocols.settings.sources import resolve

        return resolve(profile_or_settings, dict(overrides)).settings


def find(protocol: str, came_from: str = "") -> GuardedBackend:
    """Return what makes clients of a protocol: a built-in backend, else the one that an entry point names.

    Built-in names win, so that no installed package can take one over and be handed the credentials.

    Args:
        protocol: its name.
        came_from: where the name came from, for an error.

    Raises:
        ConfigurationError: there is no backend of this name, or it cannot be imported.
    """
    if protocol in _BUILT_IN:
        module, _, name = _BUILT_IN[Protocol(protocol)].partition(":")
        with undivided:
            return GuardedBackend(getattr(importlib.import_module(module), name))
    from importlib import metadata  # as slow to import as all the rest; for those who bring a backend of their own

    offered = {point.name: point for point in metadata.entry_points(group=GROUP)}
    if protocol not in offered:
        raise ConfigurationError(
            f"protocol {quoted(protocol)}{came_from} is unknown: {did_you_mean(protocol, [*_BUILT_IN, *offered])}"
        )
    told = f"the backend {quoted(protocol)} is installed but cannot be imported "
    with Retold(Exception, lambda error: ConfigurationError(f"{told}({type(error).__name__})")):  # a foreign module's
        backend: Backend = offered[protocol].load()
    return GuardedBackend(backend, declared_by(backend, protocol))
