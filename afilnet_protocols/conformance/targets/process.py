"""Backends in other languages: a program that is asked in JSON lines on its standard input and answers on its output.

One line is one JSON object in UTF-8; every request has an ``id`` that its answer repeats, and is answered before the
next one comes::

    -> {"id": 1, "hello": {"protocol": 1, "settings": {"base_url": "https://…", "user": "…", "password": "…", …}}}
    <- {"id": 1, "hello": {"protocol": 1, "name": "node", "capabilities": ["unlimited-size"]}}
    -> {"id": 2, "call": {"operation": "get_chats", "arguments": {"platform": "whatsapp", "platform_id": "100"}}}
    <- {"id": 2, "result": [{"platform_id": "100", …, "timestamp": "2024-02-29 23:59:51"}]}
    <- {"id": 2, "error": {"class": "NotFoundError", "code": "CHANNEL_NOT_FOUND", "delivery": "rejected"}}
    -> {"id": 3, "close": {}}
    <- {"id": 3, "result": null}

Operations, arguments and fields have their Python names; a send answers ``null``. Secrets go through the pipe only,
never on the command line. What the program writes to standard error is shown when it fails.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast

from afilnet_protocols import errors
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.conformance.targets.pipe import AdapterError, Pipe
from afilnet_protocols.errors import AfilnetError, ConfigurationError, ServiceError
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.security.redaction import mask
from afilnet_protocols.settings import FIELDS, Settings
from afilnet_protocols.vocabulary import Delivery, Platform

PROTOCOL = 1
"""The version of what is spoken with adapters."""

START_SECONDS = 30.0
"""How long an adapter may take for its hello."""

GRACE_SECONDS = 10.0
"""How much longer than the client's own timeout an adapter may take for an answer."""

_LONGEST_SHOWN = 80
"""How much is shown of what an adapter said wrongly, in characters."""

R = TypeVar("R")
_Record = TypeVar("_Record", bound=Channel | Chat | Message)
_PLATFORMS = frozenset(platform.value for platform in Platform)


class ProcessBackend(Forwarding):
    """A client whose calls are carried out by a program.

    Args:
        command: the program and its arguments.
        settings: what it is told in its hello.
        start_seconds: how long it may take for its own hello.
        grace_seconds: how much longer than ``settings.timeout`` it may take for an answer.

    Raises:
        AdapterError: it cannot be started, or does not say hello.
    """

    def __init__(
        self,
        command: Sequence[str],
        settings: Settings,
        *,
        start_seconds: float = START_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        told = told_settings(settings)
        secrets = [str(told[field.name]) for field in FIELDS if field.secret and field.name in told]
        self._settings = settings  # for what is masked are secrets that live
        self._lock = threading.Lock()
        self._patience = settings.timeout + grace_seconds
        self._line = Pipe(command, secrets)
        self._count = 0
        self._owed: set[object] = set()
        self._closed = False
        try:
            with self._line.heard():
                answer = self._ask("hello", {"protocol": PROTOCOL, "settings": told}, start_seconds)
                self.name, self.capabilities = _introduced(answer)
        except BaseException:
            self._line.kill()
            raise

    def close(self) -> None:
        """Ask the program to end; it is ended if it does not."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(AdapterError):
            self._ask("close", {}, GRACE_SECONDS)
        self._line.end()

    def _call(self, operation: Operation[R], arguments: Mapping[str, str | None]) -> R:
        with self._line.heard():
            returned = self._returned(operation.name, arguments)
            if operation.record is not None:
                return cast("R", _records(operation.record, returned))
            if returned is not None:
                raise AdapterError(f"{operation.name} returns nothing, and the adapter's result is {_shown(returned)}")
            return cast("R", None)

    def _returned(self, operation: str, arguments: Mapping[str, str | None]) -> object:
        if self._closed:
            raise ConfigurationError("this client is closed: make another").during(operation, self.name)
        # Members of an enumeration are texts; what is none goes as it is, to be refused over there.
        given = {name: str(value) if isinstance(value, str) else value for name, value in arguments.items()}
        answer = self._ask("call", {"operation": operation, "arguments": given}, self._patience)
        if "error" in answer and "result" in answer:
            raise AdapterError(f"the adapter's answer to {operation} has both a result and an error")
        if "error" in answer:
            raise _error(answer["error"]).during(operation, self.name)
        if "result" not in answer:
            told = _shown(answer)
            raise AdapterError(f"the adapter's answer to {operation} has neither result nor error: {told}")
        return answer["result"]

    def _ask(self, word: str, content: Mapping[str, object], seconds: float) -> dict[str, object]:
        with self._lock:
            self._count += 1
            self._owed.add(self._count)  # first, for from the line on it may be interrupted
            # ASCII, so that even text that nothing can carry arrives as it is, to be refused over there.
            self._line.write(json.dumps({"id": self._count, word: content}, ensure_ascii=True))
            answer = self._line.read(seconds)
            while answer.get("id") != self._count and answer.get("id") in self._owed:
                answer = self._line.read(seconds)  # the last was for a call that was interrupted
            self._owed.clear()
            if answer.get("id") != self._count:
                self._line.kill()
                raise AdapterError(
                    f"the adapter answered id {_shown(answer.get('id'))} to the request with id {self._count}"
                )
            return answer


def told_settings(settings: Settings) -> dict[str, object]:
    """Return what an adapter is told: every setting that has a value, secrets in the clear, as JSON can hold it."""
    told: dict[str, object] = {}
    for field in FIELDS:
        value = getattr(settings, field.name)
        if value is None or value == ():
            continue
        if field.secret:
            value = value.reveal() if hasattr(value, "reveal") else str(value)
        told[field.name] = list(value) if isinstance(value, tuple) else value
    return told


def _shown(said: object) -> str:
    """Return what an adapter said, for a message: it may be one of the secrets that the adapter was told."""
    told = mask(str(said))[:_LONGEST_SHOWN]
    return told if said is None or isinstance(said, int | float) else repr(told)


def _introduced(answer: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    hello = answer.get("hello")
    if not isinstance(hello, dict) or hello.get("protocol") != PROTOCOL:
        due = f'{{"hello": {{"protocol": {PROTOCOL}, …}}}}'
        found = f"hello is {_shown(hello)}" if "hello" in answer else f"answer is {_shown(answer)}"
        raise AdapterError(f"the adapter must answer {due}, and its {found}")
    name, capabilities = hello.get("name", "adapter"), hello.get("capabilities", [])
    if not isinstance(name, str) or not isinstance(capabilities, list):
        raise AdapterError("an adapter's name is a text, and its capabilities are a list of texts")
    return name, tuple(str(capability) for capability in capabilities)


def _records(kind: type[_Record], result: object) -> list[_Record]:
    """Return the records of a result. A wrong type inside is kept as it is, for the comparison to find."""
    if not isinstance(result, list):
        raise AdapterError(f"a list of records is due, and the adapter's result is {_shown(result)}")
    return [_record(kind, item) for item in result]


def _record(kind: type[_Record], item: object) -> _Record:
    names = kind.__struct_fields__
    if not isinstance(item, dict) or set(item) != set(names):
        raise AdapterError(f"a {kind.__name__} has the fields {', '.join(names)}; the adapter's is {_shown(item)}")
    make: Callable[..., _Record] = kind
    return make(**{name: _value(name, item[name]) for name in names})


def _value(name: str, value: object) -> object:
    if name == "platform" and isinstance(value, str) and value in _PLATFORMS:
        return Platform(value)
    if name == "timestamp" and isinstance(value, str):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value)
    return value


def _error(data: object) -> AfilnetError:
    """Return the error that an adapter describes."""
    if not isinstance(data, dict):
        raise AdapterError(f"an adapter's error is an object with class, code and delivery, not {_shown(data)}")
    name, code, delivery = data.get("class"), data.get("code"), data.get("delivery")
    kind = getattr(errors, str(name), None) if name in errors.__all__ else None
    if kind is None or not issubclass(kind, AfilnetError):
        raise AdapterError(f"there is no class of errors {_shown(name)}; there are {', '.join(errors.__all__)}")
    if delivery not in tuple(Delivery):
        raise AdapterError(f"delivery is one of {', '.join(Delivery)}, not {_shown(delivery)}")
    if issubclass(kind, ServiceError) and not isinstance(code, str):
        raise AdapterError(f"a {name} has a code")
    # The classes' own parameters differ; what is compared is the class, the code and the delivery.
    error: AfilnetError = kind.__new__(kind)
    error.args = (str(data.get("message") or f"the adapter reports {name}"),)
    error.delivery = Delivery(delivery)
    if isinstance(error, ServiceError):
        error.code = str(code)
    return error
