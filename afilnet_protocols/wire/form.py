"""Calls as ``name=value`` pairs, in the query of a GET or the body of a POST, answered by a JSON envelope.

Source: the vendor's pages for ``/api/http/`` and ``/api/basic/`` in Node, PHP, Java and Ruby.
"""

from __future__ import annotations

import os
from typing import TypeVar

from afilnet_protocols.catalogue import CLASS, GET_LIMIT, GET_MARKER, GET_MARKER_LENGTH, Operation
from afilnet_protocols.errors import MessageTooLongError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.json_envelope import read_document
from afilnet_protocols.wire.pairs import joined, quoted

R = TypeVar("R")

_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
# A request over GET must not be kept by anything between us and the service.
_QUERY = (("Cache-Control", "no-store"),)


def marker() -> str:
    """Return a pair that no other request of anybody's has: 64 random bits.

    A cache keeps answers by address (RFC 9111 §2) and some do so whatever the request and the answer say; an address
    of its own makes every answer that of its own request.
    """
    return f"&{GET_MARKER}={os.urandom(GET_MARKER_LENGTH // 2).hex()}"


def _quoted(secret: Secret) -> Secret:
    """Return a secret as it stands in a form: the same one, where that changes nothing."""
    text = quoted(secret.reveal())
    return secret if text == secret.reveal() else Secret(text)


class FormCodec(Codec):
    """Writes a call as form pairs.

    Args:
        url: the address of the API, without a query.
        in_query: True to send the pairs in the address of a GET, False in the body of a POST.
        user: the account's user, if it travels as a pair.
        password: the account's password, if it travels as a pair.
        unique: whether each request in the address of a GET carries a pair that never repeats.
    """

    def __init__(
        self,
        url: str,
        *,
        in_query: bool,
        user: str | None = None,
        password: Secret | None = None,
        unique: bool = False,
    ) -> None:
        self._url = url
        self._in_query = in_query
        self._user = user
        self._password = None if password is None else _quoted(password)
        self._unique = unique
        self._calls: dict[str, str] = {}

    def encode(self, operation: Operation[object], arguments: Arguments) -> Request:
        """Write a call as pairs; what makes it a call comes last, so that a form that was cut is none."""
        form = self._calls.get(operation.method) or self._call(operation.method)
        if arguments:
            form = f"{joined(arguments.items())}&{form}"
        if self._password is not None:
            form += self._password.reveal()
        if not self._in_query:
            return Request("POST", self._url, _FORM, form.encode("ascii"))
        url = f"{self._url}?{form}{marker()}" if self._unique else f"{self._url}?{form}"
        if len(url) > GET_LIMIT:
            raise MessageTooLongError(
                f"the request is {len(url)} characters long once encoded, and the vendor limits GET to about "
                f"{GET_LIMIT}: shorten the message, or set protocol to one that has no limit, such as http-post",
                limit=GET_LIMIT,
                actual=len(url),
            )
        return Request("GET", url, _QUERY)

    def _call(self, method: str) -> str:
        """Write the pairs that are the same in each call of a method: once, up to the password itself."""
        user = {} if self._user is None else {"user": self._user}
        password = "" if self._password is None else "&password="
        pairs = self._calls[method] = joined({**user, "class": CLASS, "method": method}.items()) + password
        return pairs

    def decode(self, operation: Operation[R], reply: Reply) -> R:
        """Read a JSON envelope, on whatever HTTP status it comes."""
        return read_document(operation, reply, skip_odd=self.skip_odd)
