"""What the figures of faults share: sandboxes of their own, fresh clients, calls, and the truth about what was done."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from afilnet_protocols import ChatOperations, connect
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.calls.retry import Backoff, RetryRule
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.sandbox import Armed, Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Where
from afilnet_protocols.sandbox.faults.fault_kind import Kind
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.settings import Settings

T = TypeVar("T")
R = TypeVar("R")

DONE = "done"
PROTOCOLS = ("http-get", "http-post", "basic", "soap", "json")
OPERATIONS = (
    "get_chat_channels",
    "send_message",
    "send_file",
    "get_chats",
    "get_messages",
    "get_unread_messages",
)
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
FILE = {**PERSON, "file_type": "image", "file_url": "https://files.example/a.png"}

Connect = Callable[[Settings], ChatOperations]


@dataclass
class Outcome:
    """How one call ended, as its caller sees it.

    Attributes:
        verdict: ``done``, or the delivery of the error.
        value: what was returned.
        error: what was raised.
        foreign: whether what was raised is none of ours.
    """

    verdict: str
    value: object = None
    error: BaseException | None = None
    foreign: bool = False


def attempt(call: Callable[[], object]) -> Outcome:
    """Make a call and tell how it ended."""
    try:
        return Outcome(DONE, call())
    except AfilnetError as error:
        return Outcome(str(error.delivery), error=error)
    except Exception as error:
        return Outcome("foreign", error=error, foreign=True)


def operate(chat: ChatOperations, operation: str, message: str = "hola") -> object:
    """Carry out an operation with arguments that the sandbox accepts."""
    calls: dict[str, Callable[[], object]] = {
        "get_chat_channels": chat.get_chat_channels,
        "send_message": lambda: chat.send_message(**PERSON, message=message),
        "send_file": lambda: chat.send_file(**FILE, message=message),
        "get_chats": lambda: chat.get_chats(**CHANNEL),
        "get_messages": lambda: chat.get_messages(**PERSON),
        "get_unread_messages": lambda: chat.get_unread_messages(**PERSON),
    }
    return calls[operation]()


def hasten(chat: ChatOperations, *, attempts: int = 3) -> ChatOperations:
    """Make the pauses between a client's attempts short: how long they are has figures of its own."""
    if isinstance(chat, WireBackend):
        rule = chat._rule
        chat._rule = RetryRule(Backoff(attempts=attempts, base=0.002), at_least_once=rule.at_least_once)
    return chat


def opened(settings: Settings) -> ChatOperations:
    """Make a client as it is, but for short pauses."""
    return hasten(connect(settings))


@dataclass
class Worker:
    """A sandbox for one thread, so that a fault of a connection meets nobody else's."""

    sandbox: Sandbox
    tally: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def account(self) -> Account:
        """Return a new account that has the one conversation of the calls."""
        account = self.sandbox.account()
        self.sandbox.receive(**PERSON, message="hello", account=account)
        return account

    def processed(self, account: Account, operation: str, message: str | None = None) -> int:
        """Return how often the service carried an operation out."""
        return sum(
            arrival.outcome == "SUCCESS"
            and arrival.operation == operation
            and (message is None or arrival.arguments.get("message") == message)
            for arrival in self.sandbox.journal(account)
        )

    def blame(self, what: str, example: str) -> None:
        """Count something that must not be."""
        self.tally[what] += 1
        self.examples.append(f"{what}: {example}")


@contextlib.contextmanager
def meeting(
    worker: Worker,
    kind: Kind,
    *,
    connect: Connect,
    protocol: str,
    account: Account,
    times: int | None,
    processed: bool = True,
    other: str = "send_message",
    **given: Any,
) -> Iterator[tuple[ChatOperations, Armed]]:
    """Arm a fault, and yield a client that is to meet it, with the fault.

    Args:
        worker: whose sandbox.
        kind: the kind of fault.
        connect: makes the client.
        protocol: the client's protocol.
        account: the client's account.
        times: in how many calls, or pairs of them, the fault fires.
        processed: whether the call is carried out, if that is for the fault to be told.
        other: the operation that another client calls meanwhile, if the fault takes two calls in flight.
        **given: what else ``Sandbox.settings`` is given.
    """
    # A client of json asks for a token first, over a connection of its own.
    asks = protocol == "json" and kind.where in (Where.CONNECTION, Where.HANDSHAKE, Where.REQUEST)
    details = {"processed": processed} if "processed" in kind.details else {}
    armed = worker.sandbox.fault(kind.name, after=int(asks), times=times, **details)
    given = {**given, "meeting": armed}
    try:
        with (
            connect(worker.sandbox.settings(protocol, account=account, **given)) as chat,
            contextlib.ExitStack() as rest,
        ):
            if kind.calls == 2:
                rest.enter_context(_beside(worker, connect, protocol, other, given))
            yield chat, armed
    finally:
        armed.disarm()


@contextlib.contextmanager
def _beside(worker: Worker, connect: Connect, protocol: str, operation: str, given: dict[str, Any]) -> Iterator[None]:
    """Have another client, of an account of its own, make a call meanwhile; it must be told the truth as well."""
    account = worker.account()
    with connect(worker.sandbox.settings(protocol, account=account, **given)) as chat, ThreadPoolExecutor(1) as pool:
        call = pool.submit(attempt, lambda: operate(chat, operation))
        yield
        outcome = call.result()
    processed = worker.processed(account, operation)
    # A read that noticed that its answer was another's has been repeated.
    told = outcome.verdict in (DONE, "unknown") and not outcome.foreign
    if not told or not processed or (processed > 1 and operation.startswith("send")):
        worker.blame("wrong", f"beside, {protocol}, {operation}: {outcome}, carried out {processed} times")
    worker.sandbox.drop(account)


def shared_out(jobs: Iterable[T], work: Callable[[Worker, T], None], *, threads: int) -> Worker:
    """Let threads, each with a sandbox of its own, do jobs; return all their counts together."""
    local = threading.local()
    workers: list[Worker] = []

    def run(job: T) -> None:
        worker: Worker | None = getattr(local, "worker", None)
        if worker is None:
            worker = local.worker = Worker(Sandbox().start())
            workers.append(worker)
        work(worker, job)

    try:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(run, jobs):
                pass
    finally:
        for worker in workers:
            worker.sandbox.close()
    return together(workers)


def together(workers: Iterable[Any]) -> Worker:
    """Return the counts of all workers as one."""
    total = Worker.__new__(Worker)
    total.tally, total.examples = Counter(), []
    for worker in workers:
        total.tally.update(worker.tally)
        total.examples += worker.examples
    return total


def pieces(items: list[T], size: int) -> Iterator[list[T]]:
    """Cut a list into lists of at most this size."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
