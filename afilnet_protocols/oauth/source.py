"""`TokenSource`: where a provider's tokens come from: the shared file, a refresh token, or the grant itself."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from afilnet_protocols.deadline import Clock, Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.oauth.asked_wait import AskedWait
from afilnet_protocols.oauth.discovery import discover
from afilnet_protocols.oauth.outliving import RequestTime
from afilnet_protocols.oauth.refusal import RefreshRefused
from afilnet_protocols.oauth.token import AccessToken
from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.security.policy import needs_short_lived, token_lifetime_limit
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.private_file import kept_path
from afilnet_protocols.transport.exchange import Exchanging
from afilnet_protocols.waiting import Steps, aside

if TYPE_CHECKING:
    from afilnet_protocols.oauth.cache import TokenCache
    from afilnet_protocols.oauth.refresh_store import RefreshStore
    from afilnet_protocols.oauth.shared_file import FileLock


class TokenSource:
    """Gets tokens for one client. Not for several threads at once: the provider sees to that.

    Args:
        settings: the token endpoint or issuer, the grant, and the client's credentials.
        transport: carries the requests.
        clock: the monotonic clock that tokens are used by.

    Raises:
        ConfigurationError: a setting that tokens need is missing, or ``client_key`` cannot sign.
    """

    def __init__(self, settings: Settings, transport: Exchanging, *, clock: Clock) -> None:
        if not settings.client_id:
            raise ConfigurationError("json needs the setting client_id")
        if not settings.token_url and not settings.issuer:
            raise ConfigurationError("json needs the setting token_url, or issuer to find it")
        if settings.token_auth == "private_key_jwt":  # noqa: S105 - the name of a method, not a password
            with undivided:
                from afilnet_protocols.oauth.assertion import check_key  # few clients have a key

            check_key(settings)
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._token_url = settings.token_url
        self._only_refresh = settings.grant == "refresh_token"
        given = settings.refresh_token
        self._refresh = given if self._only_refresh and isinstance(given, Secret) else None
        if self._only_refresh and self._refresh is None:
            raise ConfigurationError('grant = "refresh_token" needs the setting refresh_token')
        self.wait = AskedWait(clock)
        """How long the authorization server wants no request."""
        self.spare: AccessToken | None = None
        """A token of the shared file that is good but due, where no other could be had."""
        self._cache: TokenCache | None = None
        self._store: RefreshStore | None = None
        if settings.token_cache:
            self._share(kept_path(settings.token_cache))
        renew_in_child(self)

    def after_fork(self) -> None:
        """Leave a refresh token that came with a token to the parent: two who use one have both lost what came of it.

        The grant serves this process. Where a refresh token is the grant, only a shared file helps.
        """
        if not self._only_refresh:
            self._refresh = None

    def _share(self, path: str) -> None:
        # Names in the file are digests, whose modules bring OpenSSL.
        with undivided:
            from afilnet_protocols.oauth.cache import TokenCache, cache_key
            from afilnet_protocols.oauth.refresh_store import RefreshStore

        self._cache, self._key = TokenCache(path, clock=self._clock), cache_key(self._settings)
        self._store = RefreshStore(f"{path}.refresh", self._refresh) if self._refresh is not None else None

    def fetch(self, deadline: RequestTime, *, refused: Collection[Secret] = ()) -> Steps[AccessToken]:
        """Return a fresh token.

        Args:
            deadline: bounds everything. A request that trades in the only refresh token goes on when nobody waits.
            refused: tokens that the service refused, though they may stand in the shared file.

        Raises:
            AuthenticationError: the endpoint refused the client, the user, or the refresh token.
            ConfigurationError: the endpoint refused the request, or the shared file cannot be used.
            RateLimitedError: the endpoint asks to slow down.
            NotSentError: no token could be had in time, or the endpoint asked to wait longer.
        """
        self.spare = None
        if self._cache is None:
            return (yield from self._ask(deadline, None))
        with self._cache.lock() as lock:
            yield from lock.take(deadline)
            found, now = self._cache.read(self._key), self._clock()
            if found is not None and found.usable(now) and found.secret not in refused and self._suits(found):
                if not found.due(now):
                    return found
                self.spare = found
                deadline.halve()
            self.wait.asked(self._cache.wait(self._key))
            known = self.wait.left
            try:
                token = yield from self._ask(deadline, lock)
            except AfilnetError:
                if (left := self.wait.left) > known:
                    yield from aside(functools.partial(self._cache.write_wait, self._key, left), deadline)
                raise
            # It waits for the disk.
            yield from aside(functools.partial(self._cache.write, self._key, token), deadline)
            return token

    def _suits(self, found: AccessToken) -> bool:
        """Return whether a shared token is what these settings demand: others may have asked for it."""
        longest = token_lifetime_limit(self._settings)
        strict = longest is not None or needs_short_lived(self._settings)
        return not (strict and found.weakness) and (longest is None or found.lifetime <= longest)

    def _ask(self, deadline: RequestTime, lock: FileLock | None) -> Steps[AccessToken]:
        """Ask the endpoint, wherever it is, unless it wants no request for a while."""
        self.wait.check()
        try:
            if self._token_url is None:
                self._token_url = yield from discover(self._settings, self._transport, deadline)
            return (yield from self._given(deadline, lock))
        except AfilnetError as error:
            self.wait.asked(error.retry_after or 0.0)
            if isinstance(error, ConfigurationError):
                # What the metadata of an issuer said may be so no longer.
                self._token_url = self._settings.token_url
            raise

    def _given(self, deadline: RequestTime, lock: FileLock | None) -> Steps[AccessToken]:
        """Ask with a refresh token if there is one and it is still good, else by the grant."""
        if self._only_refresh:
            return (yield from self._trade(deadline, lock))
        refresh, self._refresh = self._refresh, None
        token = None
        if refresh is not None:
            with contextlib.suppress(RefreshRefused):
                token = yield from self._request(deadline, refresh, otherwise=True)
        if token is None:
            token, refresh = (yield from self._request(deadline, None)), None
        # One that is not replaced stays good (RFC 6749 §6).
        self._refresh = token.refresh or refresh
        return token

    def _trade(self, deadline: RequestTime, lock: FileLock | None) -> Steps[AccessToken]:
        """Trade in the refresh token, all that there is: one that could not arrive is kept for next time."""
        if self._store is not None:
            self._refresh = yield from aside(self._store.current, deadline)
        deadline.outlives = True
        return (yield from self._request(deadline, self._refresh, functools.partial(self._keep, deadline, lock)))

    def _keep(self, deadline: Deadline, lock: FileLock | None, successor: Secret) -> Steps[None]:
        """Keep the refresh token that came in place of the one that was traded in."""
        if successor == self._refresh:
            return
        self._refresh = successor
        if lock is None or self._store is None:
            return
        self._store.succeed(successor)
        # Also where the call is given up meanwhile, nobody else reads the file before that is in it.
        yield from aside(lock.during(self._store.write), deadline)

    def _request(
        self,
        deadline: Deadline,
        refresh: Secret | None,
        keep: Callable[[Secret], Steps[None]] | None = None,
        *,
        otherwise: bool = False,
    ) -> Steps[AccessToken]:
        # It brings requests and oauthlib, which a client that finds its token in the shared file never needs, and
        # which no event loop should wait for.
        yield from aside(lambda: undivided.load("afilnet_protocols.oauth.fetch"), deadline)
        from afilnet_protocols.oauth.fetch import fetch_token

        asked = fetch_token(
            self._settings,
            self._transport,
            token_url=self._token_url or "",
            deadline=deadline,
            clock=self._clock,
            refresh=refresh,
            keep=keep,
            otherwise=otherwise,
        )
        return (yield from asked)
