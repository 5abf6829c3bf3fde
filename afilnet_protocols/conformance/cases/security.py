"""Cases about security: what a client must not show, and what it must not do."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import certifi

from afilnet_protocols.conformance.cases import output, process_state
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.cases.context import shown_by
from afilnet_protocols.conformance.cases.errors import WRONG, of_all_kinds
from afilnet_protocols.conformance.cases.strangers import nobody
from afilnet_protocols.conformance.reference.differential import retire
from afilnet_protocols.conformance.targets.capabilities import SECRETS_OUT_OF_URLS
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.recorder import MASK, written
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.canonical import Plain
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context
    from afilnet_protocols.conformance.targets.target import Target
    from afilnet_protocols.settings.overrides import SettingsOverrides

BOOK = Book()


@BOOK.case(
    "SEC-01",
    "no secret in an error",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.WIRE, Need.CLIENTS, Need.WRONG_LOGIN, Need.SECRETS),
)
def no_secret_in_errors(context: Context) -> None:
    """No error shows a secret in its text, its representation, its attributes or its traceback: not one of the
    service, not one about arguments, not one about credentials, not one of a lost answer.
    """
    context.play(context.receive())
    for step in (context.send(""), context.chats(platform_id="999"), context.messages(of="34600000099")):
        _hides(context, shown_by_error(context.error(step)), step, field="error")
    step = context.send()
    context.world.lose_answer()
    _hides(context, shown_by_error(context.error(step)), step, field="error")
    wrong = "sandbox-secret:€"
    error = context.error(step, make=lambda: context.world.client(password=wrong, client_secret=wrong))
    _hides(context, shown_by_error(error), step, field="error", secrets=[wrong])


@BOOK.case("SEC-02", "no secret in logs and representations", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.SECRETS))
def no_secret_in_logs(context: Context) -> None:
    """Neither the representation of a client, open or closed, nor anything that is logged, at any level, printed or
    warned of shows a secret, and none is put into the environment, which other programs are given.
    """
    context.play()
    step = context.send()
    before = set(os.environ.values())
    with output.past_python() as written_out, _everything_logged() as log:
        context.play(step, context.messages(), context.messages(of="34600000099"))
    _hides(context, log.getvalue(), step, context.messages(), field="log")
    _hides(context, "".join(written_out), step, context.messages(), field="output past sys.stdout and sys.stderr")
    closed = context.world.client()
    retire(closed)
    for chat in (context.chat, closed):
        shown = f"{chat!r} {chat} {getattr(chat, '__dict__', '')!r}"
        _hides(context, shown, step, field="repr(client)")
    _hides(context, "\n".join(set(os.environ.values()) - before), step, field="environment")


@BOOK.case(
    "SEC-03",
    "TLS is verified",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.CLIENTS, Need.JOURNAL),
)
def tls_is_verified(context: Context) -> None:
    """A server whose certificate the trusted authorities did not issue is not talked to: the call is ``NotSentError``
    and nothing arrives.
    """
    context.play()
    step = context.send()
    error = context.error(step, make=lambda: context.world.client(plain=False, ca_file=certifi.where()))
    context.expect("NotSentError", type(error).__name__, step, field="raised")
    context.expect(0, len(context.world.journal()), step, field="calls that arrived")


@BOOK.case(
    "SEC-04",
    "no plain text where TLS is demanded",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.CLIENTS, Need.JOURNAL),
)
def no_plain_text(context: Context) -> None:
    """With a minimum of security that demands TLS, an ``http`` address is ``SecurityPolicyError`` and nothing
    arrives.
    """
    context.play()
    step = context.send()
    error = context.error(step, make=lambda: context.world.client(plain=True, minimum_security="medium"))
    context.expect("SecurityPolicyError", type(error).__name__, step, field="raised")
    context.expect(0, len(context.world.journal()), step, field="calls that arrived")


@BOOK.case(
    "SEC-05",
    "no other protocol than the chosen one",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.WIRE, Need.JOURNAL),
)
def no_other_protocol(context: Context) -> None:
    """A call that fails is not tried over another protocol: what arrives is always carried by the same one."""
    usual, failing = context.channel_list(), context.send()
    context.play(usual)
    chosen = sorted({call.protocol for call in context.world.journal()})
    context.play(usual, context.fault("INCORRECT_METHOD"), failing)
    context.world.lose_answer()
    context.ask(usual)
    context.world.lose_call()  # to a client it is the same, and nothing is sent
    context.ask(failing)
    used = sorted({call.protocol for call in context.world.journal()})
    context.expect(", ".join(chosen), ", ".join(used), usual, failing, field="protocols used")


@BOOK.case(
    "SEC-06",
    "no secret in an address",
    Provenance.ASSUMED,
    effects=Effects.READS,
    capability=SECRETS_OUT_OF_URLS,
    needs=(Need.WIRE,),
)
def no_secret_in_addresses(context: Context) -> None:
    """The password stands in no address that is asked for, where proxies and servers would log it."""
    steps = context.send(platform_id="999"), context.channel_list(), context.messages()
    context.play(*steps)
    first_lines = [exchange.request.partition("\n")[0] for exchange in context.world.exchanges()]
    context.expect(True, bool(first_lines), *steps, field="requests were seen")
    context.expect(False, any(MASK in line for line in first_lines), *steps, field="password in an address")


@BOOK.case(
    "SEC-07",
    "what protects is not ignored",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.JOURNAL, Need.PLENTY),
)
def what_protects_is_not_ignored(context: Context) -> None:
    """A client that is to trust one key only, or to go through a proxy only, and cannot, refuses: it is an error of
    ours with delivery ``not_sent``, and nothing arrives.
    """
    context.play()
    step = context.send()
    settings: dict[str, SettingsOverrides] = {
        "another key is pinned": {"pin_sha256": "00" * 32},
        "the proxy is not there": {"proxy": "http://127.0.0.1:9"},
    }
    for why, given in settings.items():
        error = context.error(step, make=partial(context.world.client, plain=False, **given))
        context.expect("not_sent", str(getattr(error, "delivery", None)), step, field=f"delivery, where {why}")
        context.expect(0, len(context.world.journal()), step, field=f"calls that arrived, where {why}")


@BOOK.case("SEC-08", "nothing is left behind", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def nothing_is_left_behind(context: Context) -> None:
    """Clients that were used, in more threads than one, and closed leave neither connections nor threads nor child
    processes nor themselves, and the process as it was: its environment, its folder, its time zone, its locale, its
    umask, what decides chance, its logging and its filters of warnings, how signals and exceptions are handled, and the
    standard library.
    """
    steps = context.send(), context.channel_list()  # a read comes last: its connection is the one that is kept
    context.play(*steps)
    _use(context, *steps)  # what is loaded once stays
    used = process_state.in_use()
    clients = []
    chance = process_state.Chance()
    with process_state.marked():
        state = process_state.facts()
        for _ in range(process_state.CLIENTS):
            chance.deal()
            clients += _use(context, *steps)
            chance.look()
        now = process_state.facts()
    context.expect(False, chance.is_decided, *steps, field="random is seeded")
    for name in sorted(state.keys() | now.keys()):
        context.expect(True, state.get(name) == now.get(name), *steps, field=f"{name} is as it was")
    for name, number in process_state.left_in_use(used, clients).items():
        context.expect(0, number, *steps, field=f"{name} that are left")


def _use(context: Context, *steps: Step) -> list[weakref.ref[object]]:
    """Use and close a client; return what tells whether it is still there, as far as it can be told."""
    chat = context.world.client()
    with ThreadPoolExecutor(1) as another:
        for step in steps:
            another.submit(context.ask, step, chat).result()
    for step in steps:
        context.ask(step, chat)
    retire(chat)
    with contextlib.suppress(TypeError):
        return [weakref.ref(chat)]
    return []


@BOOK.case("SEC-09", "generated sequences show no secret", Provenance.ASSUMED, generated=True, needs=(Need.SECRETS,))
def generated(context: Context) -> None:
    """Whatever is done and refused, nothing that any backend logs shows a secret, and all of them agree."""
    from afilnet_protocols.conformance.generated import sequences as generated

    with _everything_logged() as log:

        def after(steps: Sequence[Step], trace: Sequence[Plain]) -> None:
            shown = log.getvalue()
            log.seek(0)
            log.truncate()
            for target in context.targets:
                if target.world is not None:
                    _hides(context, shown, *steps, field="log", secrets=target.world.secrets, target=target)

        generated.play(context, focus=["fault", "expire_tokens", "send_message"], after=after)


@BOOK.case(
    "SEC-13",
    "no secret in the logs of what fails",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.WIRE, Need.JOURNAL, Need.SECRETS, Need.WRONG_LOGIN, Need.PLENTY),
)
def no_secret_in_logs_of_failures(context: Context) -> None:
    """Whatever fails, nothing that is logged of it, printed or warned of shows a secret: not where the service refuses
    a call or the credentials, not where an answer is lost, and not where nobody listens.
    """
    context.play(context.channel_list())
    secrets = [*context.world.secrets, WRONG]
    with _everything_logged() as log:
        for step, _ in of_all_kinds(context):
            _hides(context, log.getvalue(), step, field="log", secrets=secrets)
        step = context.send()
        with nobody() as there:
            context.error(step, make=lambda: context.world.client(plain=False, **there))
        _hides(context, log.getvalue(), step, field="log", secrets=secrets)


def shown_by_error(error: BaseException | None) -> str:
    """Return everything that an error shows; nothing for none."""
    return "" if error is None else shown_by(error)


def _hides(
    context: Context, shown: str, *steps: Step, field: str, secrets: Sequence[str] = (), target: Target | None = None
) -> None:
    """Require that no secret stands in a text, in any of the ways in which protocols write it."""
    hidden = {form for secret in secrets or context.world.secrets for form in written(secret)}
    found = "a secret" if any(form in shown for form in hidden) else "no secret"
    context.expect("no secret", found, *steps, field=field, target=target)


@contextlib.contextmanager
def _everything_logged() -> Iterator[io.StringIO]:
    """Collect what anybody logs, at every level, prints or warns of."""

    def warned(message: object, *_: object, **__: object) -> None:
        text.write(f"{message}\n")

    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = warned
            yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
