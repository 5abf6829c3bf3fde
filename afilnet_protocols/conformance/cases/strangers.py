"""Cases about others on the way: what is for the service reaches nobody else."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.reference.differential import retire
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.trap import Trap
from afilnet_protocols.sandbox import temporary
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context
    from afilnet_protocols.settings.overrides import SettingsOverrides

BOOK = Book()

NEEDS = (Need.CLIENTS, Need.JOURNAL, Need.PLENTY)


@BOOK.case("SEC-10", "no redirection is followed", Provenance.ASSUMED, needs=NEEDS)
def no_redirection(context: Context) -> None:
    """An answer that says where the call is to be made instead is no success, and nobody is asked there: it would get
    what the call carries, and the credentials.
    """
    for step in (context.send(), context.messages()):
        context.play(context.send("one"))
        with Trap() as trap:
            context.world.redirect_call(f"{trap.url}/api/http/")
            error = context.error(step, make=context.world.client)
            context.expect(0, trap.came, step, field="calls that followed to another address")
            context.expect(True, error is not None, step, field="it is an error")


@BOOK.case("SEC-11", "the environment does not decide the way", Provenance.ASSUMED, needs=NEEDS)
def environment(context: Context) -> None:
    """Variables that name a proxy, which are those of whoever starts the process, are not followed, and credentials of
    a ``.netrc`` do not take the place of those that are set.
    """
    steps = context.send("one"), context.messages()
    context.play(*steps)
    right = context.ask(steps[-1])
    with Trap() as trap, temporary.folder("home") as folder:
        netrc = folder / ".netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
        netrc.chmod(0o600)
        names = ("http_proxy", "https_proxy", "all_proxy")
        given = {name: trap.url for each in names for name in (each, each.upper())}
        with _environment({**given, "NETRC": str(netrc), "HOME": str(folder)}, without=("no_proxy", "NO_PROXY")):
            chat = context.world.client()
            try:
                outcome = context.ask(steps[-1], chat)
            finally:
                retire(chat)
        context.expect(0, trap.came, steps[-1], field="calls that went to a proxy of the environment")
    context.expect(right, outcome, steps[-1])


@BOOK.case("SEC-12", "a certificate is of whom it is of", Provenance.ASSUMED, needs=NEEDS)
def another_name(context: Context) -> None:
    """A server whose certificate is of another name is not talked to, though a trusted authority issued it: the call is
    ``NotSentError``, and nothing arrives.
    """
    from afilnet_protocols.sandbox.server.certificates import write_certificates

    context.play()
    step = context.send()
    with temporary.folder("certificates") as folder:
        authority, certificate = write_certificates(folder, ["somebody-else.example"])
        with Trap(certificate) as trap:
            there: SettingsOverrides = {**at(trap.url), "ca_file": str(authority)}
            error = context.error(step, make=lambda: context.world.client(plain=False, **there))
            context.expect("NotSentError", type(error).__name__, step, field="raised")
            context.expect(0, trap.came, step, field="requests that came to a server of another name")


def at(origin: str) -> SettingsOverrides:
    """Return settings that lead all calls to another place."""
    return {
        "base_url": origin,
        "json_url": f"{origin}/api/json/",
        "token_url": f"{origin}/oauth/token",
        "soap_endpoint": f"{origin}/api/soap/",
    }


@contextlib.contextmanager
def nobody() -> Iterator[SettingsOverrides]:
    """Give settings that lead all calls to a port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield at(f"https://127.0.0.1:{bound.getsockname()[1]}")


@contextlib.contextmanager
def _environment(given: Mapping[str, str], *, without: tuple[str, ...]) -> Iterator[None]:
    usual = {name: os.environ.get(name) for name in (*given, *without)}
    os.environ.update(given)
    for name in without:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in usual.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
