"""`TokenProvider`: the one place that a client's calls get their access token from.

However many calls ask, one of them fetches and the others wait for it, each no longer than its own deadline.
"""

from __future__ import annotations

import threading

from afilnet_protocols.calls.auxiliary import afresh
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import Clock, Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.oauth.outliving import GRACE, RequestTime, outliving, still_asked
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.oauth.replacing import Replacing
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.oauth.token import AccessToken
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport.exchange import Exchanging
from afilnet_protocols.waiting import Signal, Steps, run, until

_REMEMBERED = 8
"""How many refused tokens are remembered: a shared file that cannot be written holds on to one."""


class _Flight:
    """One token request under way, and what became of it."""

    __slots__ = ("ask_again", "done", "fault", "time")

    def __init__(self, time: RequestTime | None = None) -> None:
        self.done = Signal()
        self.time = time
        self.fault: AfilnetError | None = None
        self.ask_again = False
        """The request ended because of its asker, not because of the endpoint, or there is a token all the same."""


class _Leading:
    """The part of whoever makes a token request: at the latest when nobody refers to it any more, that has ended.

    A signal's handler may raise between its beginning and the first line that could end it, or in that.

    Attributes:
        flight: the request.
    """

    flight: _Flight

    def __init__(self, of: TokenProvider, flight: _Flight) -> None:
        self._of = of
        self.flight = flight

    def __del__(self) -> None:
        flight = getattr(self, "flight", None)
        if flight is not None and not flight.done.happened:
            self._of.abandon(flight)


class TokenProvider:
    """Gives out one access token until shortly before it expires. Thread-safe, and safe over ``fork``.

    A token is renewed early: in the last tenth of its life (at least 30 s, at most a fifth of it) one caller renews
    it while the others go on using it; in the last moments (10 s, at most a twentieth) everyone waits for the new one.
    A token that the service refuses is replaced, as far as :class:`.Replacing` sees a point in it. One that is only
    doubted, by an answer that may be about the call, is used on where no other can be had, until it is doubted again.
    """

    def __init__(self, settings: Settings, transport: Exchanging, *, clock: Clock = monotonic) -> None:
        """Prepare to fetch tokens; nothing is sent yet.

        Args:
            settings: ``token_url``, ``client_id`` and what goes with them.
            transport: carries the token requests; shared with the calls that use the token.
            clock: a monotonic clock in seconds.

        Raises:
            ConfigurationError: a setting that tokens need is missing, or ``client_key`` cannot sign.
        """
        self._source = TokenSource(settings, transport, clock=clock)
        self._clock = clock
        self._token: AccessToken | None = None
        self._refused: tuple[Secret, ...] = ()
        self._doubted: Secret | None = None
        self._accepted: Secret | None = None
        self._replacing = Replacing()
        self._rest_until = 0.0
        begin_afresh(self)

    def after_fork(self) -> None:
        """Forget requests under way: in a forked child their threads do not exist."""
        self._lock = threading.Lock()
        self._flight: _Flight | None = None

    @property
    def token(self) -> AccessToken | None:
        """The token that is in use, if any."""
        return self._token

    def get(self, deadline: Deadline) -> Secret:
        """Carry out :meth:`getting` in this thread."""
        return run(self.getting(deadline), deadline)

    def getting(self, deadline: Deadline) -> Steps[Secret]:
        """Return a token that is good for a call now; fetch one if there is none.

        Args:
            deadline: bounds the fetching as well as the waiting for another call that fetches.

        Raises:
            AuthenticationError: the token endpoint refused the client, the user, or the refresh token.
            ConfigurationError: the token endpoint refused the request, or its answer is no token.
            RateLimitedError: the token endpoint asks to slow down.
            NotSentError: no token could be had in time, or the endpoint has asked to wait longer; the operation was
                not sent.
        """
        while True:
            with self._lock:
                token, now = self._token, self._clock()
                if token is not None and not token.usable(now):
                    token = None
                if token is not None and not self._due(token, now):
                    return token.secret
                flight, leading = self._flight, None
                if flight is None:
                    flight = _Flight()
                    leading = _Leading(self, flight)
                    self._flight = flight
                elif token is not None and token.secret != self._doubted:
                    return token.secret
            if leading is not None:
                return (yield from self._lead(leading, token, deadline))
            yield from self._follow(flight, deadline)

    def finishing(self) -> Steps[None]:
        """Wait for a token request that goes on though nobody waits for it, for seconds at most."""
        flight = self._flight
        if flight is not None and flight.time is not None:
            yield from flight.time.ending()

    def accepted(self, used: Secret) -> None:
        """Note that the service took a token."""
        self._accepted = used
        if self._doubted == used and self._clock() < self._rest_until:
            self._doubted = None  # there was no other, and this one is good after all

    def refused(self, used: Secret, *, forbidden: bool = False, again: bool = False) -> bool:
        """Note that the service refused a token, and have it replaced if there is a point in asking for another.

        However many threads report the same refused token, it is replaced once.

        Args:
            used: the token that was refused.
            forbidden: it was refused by an answer that may also be meant for the call, as a 403 or a login page is: it
                is used on where no other can be had, once.
            again: it was fetched for this very call, in place of another that was refused.

        Returns:
            Whether :meth:`get` gives another token now.
        """
        with self._lock:
            if self._token is None or self._token.secret != used:
                return True
            taken = self._accepted is not None and self._accepted == used
            doubted = self._doubted is not None and self._doubted == used
            # Doubted twice, though no other could be had meanwhile: not in vain, for nothing was replaced.
            if not (doubted or self._replacing.allowed(self._clock(), taken=taken, forbidden=forbidden, again=again)):
                return False
            if forbidden and not doubted:
                self._doubted, self._rest_until = used, 0.0
            else:
                self._token = None
                self._refused = (*self._refused, used)[-_REMEMBERED:]
            return True

    def _due(self, token: AccessToken, now: float) -> bool:
        """Return whether a token that can be used should be renewed, and no attempt has just failed."""
        return (token.due(now) or token.secret == self._doubted) and now >= self._rest_until

    def _lead(self, leading: _Leading, spare: AccessToken | None, deadline: Deadline) -> Steps[Secret]:
        """Fetch a token for everyone. With a good token to spare, any failure only means trying again later."""
        flight = leading.flight
        time = flight.time = RequestTime.before(deadline)
        if spare is not None:
            time.halve()
        token = yield from outliving(self._fetch(leading, spare, time), time)
        if token is not None:
            return token.secret
        spare = spare or self._source.spare  # found in the shared file
        if spare is not None:
            if not flight.done.happened:
                self._land(leading, None, spare, alone=True)
            return spare.secret
        raise still_asked() if flight.fault is None else afresh(flight.fault)

    def _fetch(self, leading: _Leading, spare: AccessToken | None, time: RequestTime) -> Steps[AccessToken | None]:
        """Fetch a token and publish what became of that; return nothing if there is none."""
        token: AccessToken | None = None
        no_use = self._refused if self._doubted is None else (*self._refused, self._doubted)
        try:
            token = yield from self._source.fetch(time, refused=no_use)
        except AfilnetError as error:
            flight = leading.flight
            flight.ask_again = time.passed and isinstance(error, NotSentError)
            # Its frames hold the flight, and what answers say; whoever raises it raises it afresh.
            flight.fault = error.with_traceback(None)
        finally:
            self._land(leading, token, spare or self._source.spare)
        return token

    def _land(
        self, leading: _Leading, token: AccessToken | None, spare: AccessToken | None, *, alone: bool = False
    ) -> None:
        """Publish what became of the request, also when its thread is being torn down, and wake everyone up.

        Args:
            leading: the part of who made it.
            token: what came of it.
            spare: what to use if nothing did.
            alone: whether it still goes on, and only nobody is to wait for it.
        """
        flight = leading.flight
        with self._lock:
            if alone and self._flight is not flight:
                return  # it has just ended
            if token is not None:
                self._token, self._doubted = token, None
            elif spare is not None and spare.secret not in self._refused:
                self._token = spare
                asked = GRACE if alone else None if flight.fault is None else flight.fault.retry_after
                patience = 0.0 if spare.secret == self._doubted else spare.lifetime / 20
                self._rest_until = self._clock() + max(1.0, patience, asked or 0)
                flight.ask_again = True  # and find this one
            if self._flight is flight:
                self._flight = None
            if alone:
                leading.flight = self._flight = _Flight(flight.time)
        flight.done.set()

    def abandon(self, flight: _Flight) -> None:
        """Have whoever waits for a request that nobody makes any more look again."""
        # Without the lock, which this thread may have: while it is this one, nobody else puts another in its place.
        if self._flight is flight:
            self._flight = None
        flight.done.set()

    def _follow(self, flight: _Flight, deadline: Deadline) -> Steps[None]:
        """Wait for another call's request; return when there is reason to look again."""
        yield from until(flight.done, deadline)
        if flight.fault is not None and not flight.ask_again:
            raise afresh(flight.fault)  # several threads raise it, and each notes its own operation in it
        if deadline.passed:
            text = f"the deadline passed while another call was fetching the token; {NOT_SENT}"
            raise NotSentError(text, local=True)
