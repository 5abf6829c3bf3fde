"""Cases about credentials and tokens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from afilnet_protocols.comparison.canonical import Plain, of_error
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.cases.other_account import elsewhere
from afilnet_protocols.conformance.targets.capabilities import TOKENS
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.target import AccountOf
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()

WRONG = "sandbox-wrong"

LONG = "".join(f"{number:04}" for number in range(320))
"""A password that is another one wherever it is cut."""

ODD_LOGINS = (
    (" Ana-{} ", " with blanks "),
    ("ana+{}%41@example.com&b=c", "p:w%41+&=<>\"'"),
    ("se\u00f1or-{}", LONG[:80]),
    ("sen\u0303or-{}", "contrase\u00f1a \u20ac\U0001f600 \ufb01"),
    ("A" * 300 + "{}", LONG),
)
"""Users (``{}`` is what nobody else's has) and passwords that a client may not tidy."""

ODD_IDENTIFIERS = ("Client-{}", " client {} ", "client+{}%41", "c" * 300 + "{}")
"""OAuth 2.0 client identifiers, of which RFC 6749 allows ASCII."""

REFUSED: Plain = {"raised": "AuthenticationError", "delivery": "rejected"}


@BOOK.case(
    "AUTH-01",
    "wrong credentials are refused",
    Provenance.DOCUMENTED,
    effects=Effects.READS,
    needs=(Need.CLIENTS, Need.WRONG_LOGIN, Need.JOURNAL),
)
def wrong_credentials(context: Context) -> None:
    """A wrong password (over tokens: a wrong client secret) is ``AuthenticationError``, delivery ``rejected``, for a
    read and for a send alike, and nothing is sent: the conversation stays as it was.
    """
    look = context.messages()
    context.play(look)
    before = context.ask(look)
    for step in (context.channel_list(), context.send()):
        context.expect(REFUSED, _with_password(context, step, WRONG), step)
    send = context.send()
    sent = sum(call.operation == send.do and call.outcome == "SUCCESS" for call in context.world.journal())
    context.expect(0, sent, send, field="sends that succeeded")
    context.expect(before, context.ask(look), send, look)


@BOOK.case(
    "AUTH-02",
    "any password works",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.CLIENTS, Need.WRONG_LOGIN),
)
def any_password(context: Context) -> None:
    """Credentials are refused for being wrong and never for their characters: a wrong password with a colon, a percent
    sign, an ampersand, quotation marks or letters beyond Latin-1 is still ``AuthenticationError``.
    """
    step = context.channel_list()
    for password in ("a:b", "100%&more=1", "\"'<>", "contraseña€😀"):
        context.play()
        context.expect(REFUSED, _with_password(context, step, password), step)


@BOOK.case(
    "AUTH-03",
    "an account is a world of its own",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.WRONG_LOGIN),
)
def accounts_are_apart(context: Context) -> None:
    """Two clients with different credentials share nothing: after a good client has worked, a client with a wrong
    password or secret is still refused, and the good one still works.
    """
    context.play(context.send("one"), context.messages())
    step = context.channel_list()
    context.expect(REFUSED, _with_password(context, step, WRONG), context.send("one"), step)
    context.play(context.send("one"), context.messages())


@BOOK.case("AUTH-04", "an expired token is nobody's concern", Provenance.ASSUMED, needs=(Need.TOKENS,))
def expired_token(context: Context) -> None:
    """When every access token has expired, the next call gets a new one and succeeds; a send happens once."""
    context.play(context.channel_list(), context.expire(), context.channel_list())
    context.play(context.send("one"), context.expire(), context.send("two"), context.messages())


@BOOK.case(
    "AUTH-05", "tokens are kept", Provenance.ASSUMED, capability=TOKENS, effects=Effects.READS, needs=(Need.TOKENS,)
)
def tokens_are_kept(context: Context) -> None:
    """Credentials are traded for one access token that serves many calls, and for another when it has expired."""
    steps = [context.channel_list(), context.channel_list(), context.chats()]
    context.play(*steps)
    context.expect(1, context.world.tokens_issued(), *steps, field="tokens issued")
    steps = [context.channel_list(), context.expire(), context.channel_list(), context.chats()]
    context.play(*steps)
    context.expect(2, context.world.tokens_issued(), *steps, field="tokens issued")


@BOOK.case(
    "AUTH-06",
    "wrong credentials are refused by every operation",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.WRONG_LOGIN, Need.PLENTY),
)
def refused_by_every_operation(context: Context) -> None:
    """Whatever is asked for, a wrong password is ``AuthenticationError`` and no empty list; one that only a blank tells
    from the right one is wrong.
    """
    listed = context.messages(), context.unread(), context.chats()
    context.play(context.send("one"), *listed)
    for step in (*listed, context.channel_list(), context.send(), context.send_file()):
        context.expect(REFUSED, _with_password(context, step, WRONG), step)
    password, secret = list(context.world.secrets)[:2]
    step = context.channel_list()
    error = context.error(step, make=lambda: context.world.client(password=f"{password} ", client_secret=f"{secret} "))
    context.expect(REFUSED, _without_code(error), step)


@BOOK.case(
    "AUTH-07",
    "credentials go as they are",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.CLIENTS, Need.PLENTY),
)
def go_as_they_are(context: Context) -> None:
    """A user, a password, a client identifier and a client secret are the account's own, to the character: blanks at
    their edges, letters of either case, composed or not, signs that forms treat specially, and what comes after 72, 255
    or 1,000 bytes.
    """
    for number, (user, password) in enumerate(ODD_LOGINS):
        mark = secrets.token_hex(4)  # no two accounts of a service have one name
        identifier = ODD_IDENTIFIERS[number % len(ODD_IDENTIFIERS)]
        account = AccountOf(
            user=user.format(mark),
            password=password,
            client_id=identifier.format(mark),
            client_secret=password if password.isascii() else LONG,
        )
        with elsewhere(context, **account) as there:
            there.play(there.channel_list(), there.send(), there.messages())


@BOOK.case("AUTH-09", "generated sequences with expiring tokens", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whenever tokens expire, every backend behaves as if there were none."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["expire_tokens", "send_message", "get_messages"])


def _with_password(context: Context, step: Step, password: str) -> Plain:
    """Call an operation on a client of its own with another password and secret; return what it raised.

    The code is taken away: over tokens it is the token endpoint that refuses, in words of its own.
    """
    return _without_code(
        context.error(step, make=lambda: context.world.client(password=password, client_secret=password))
    )


def _without_code(error: BaseException | None) -> Plain:
    outcome: Plain = of_error(error) if error is not None else "no error"
    return {name: value for name, value in outcome.items() if name != "code"} if isinstance(outcome, dict) else outcome
