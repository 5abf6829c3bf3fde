"""A call as something to copy: a command line of curl, a few lines of Python, a test with the sandbox's fixtures."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox.page.masking import MASK
from afilnet_protocols.sandbox.page.rosetta import Saying

_PASSWORD = "$AFILNET_PASSWORD"  # noqa: S105 - the name of a variable
_TOKEN = "$AFILNET_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A call and how it ended, as a test can say it.

    Attributes:
        operation: the operation.
        arguments: its parameters, by Python name.
        protocol: the protocol.
        outcome: ``SUCCESS``, or the error code that was answered; ``None`` if a fault kept the service from it.
        fault: the kind of fault that it met.
        verdicts: how such a call may end, by the fault.
        before: what had been received in its conversation before: pairs of keyword arguments.
    """

    operation: Operation[object]
    arguments: Mapping[str, str]
    protocol: str
    outcome: str | None
    fault: str | None = None
    verdicts: frozenset[str] = frozenset()
    before: tuple[Mapping[str, str], ...] = ()


def as_curl(saying: Saying, base_url: str, ca_file: str) -> str:
    """Return a command line that makes the call; the password is taken from a variable of the shell.

    Args:
        saying: the call, as its protocol says it.
        base_url: where the sandbox is.
        ca_file: the authority to trust.
    """
    words = ["curl", "--cacert", shlex.quote(ca_file)]
    if saying.method != "GET":
        words += ["--request", saying.method]
    for name, value in saying.headers:
        if name == "authorization":
            scheme = value.partition(" ")[0]
            if scheme == "Basic":
                words += ["--user", f'"$AFILNET_USER:{_PASSWORD}"']
            else:
                words += ["--header", f'"Authorization: Bearer {_TOKEN}"']
        else:
            words += ["--header", shlex.quote(f"{name}: {value}")]
    if saying.body:
        words += ["--data-binary", _opened(saying.body)]
    return " ".join([*words, _opened(base_url + saying.target)])


def as_python(told: Told, base_url: str, ca_file: str, user: str) -> str:
    """Return a few lines of Python that make the call with this library; the password is taken from a variable."""
    return (
        "import os\n\nfrom afilnet_protocols import connect\n\n"
        "with connect(\n"
        f"    protocol={str(told.protocol)!r},\n"
        f"    base_url={base_url!r},\n"
        f"    ca_file={ca_file!r},\n"
        f"    user={user!r},\n"
        '    password=os.environ["AFILNET_PASSWORD"],\n'
        f"{_further(told.protocol, base_url)}"
        ") as chat:\n"
        f"    print(chat.{_call(told)})\n"
    )


def as_pytest(told: Told) -> str | None:
    """Return a test that makes the call in a new account and expects its end; ``None`` if no client can make it."""
    ends = _ending(told)
    if ends is None:
        return None
    fixtures, imports, lines = ends
    names = ", ".join(["afilnet_account", "afilnet_chat", *fixtures])
    given = [f"    afilnet_account.receive({_keywords(each)})" for each in told.before]
    wanted = ", ".join(sorted(imports))
    return (
        f"import pytest\n{f'from afilnet_protocols import {wanted}' if wanted else ''}\n\n\n"
        f'@pytest.mark.parametrize("afilnet_protocol", [{str(told.protocol)!r}])\n'
        f"def test_{told.operation.name}({names}):\n" + "\n".join([*given, *lines]) + "\n"
    )


def _ending(told: Told) -> tuple[list[str], set[str], list[str]] | None:
    call = f"afilnet_chat.{_call(told)}"
    if told.fault is not None:
        armed = f"    afilnet_fault({told.fault!r}, operation={told.operation.name!r}, times=None)"
        if "done" in told.verdicts and len(told.verdicts) == 1:
            return ["afilnet_fault"], set(), [armed, "", f"    {call}"]
        words = tuple(sorted(told.verdicts))
        return (
            ["afilnet_fault", "afilnet_no_waits"],
            {"AfilnetError"},
            [
                armed,
                "",
                "    with pytest.raises(AfilnetError) as raised:",
                f"        {call}",
                "",
                f"    assert raised.value.delivery in {words!r}",
            ],
        )
    if told.outcome == "SUCCESS":
        return (
            [],
            set(),
            [
                f"    {call}",
                "",
                "    arrival = afilnet_account.journal()[-1]",
                f"    assert (arrival.operation, arrival.outcome) == ({told.operation.name!r}, 'SUCCESS')",
            ],
        )
    if told.outcome in {each.code for each in told.operation.errors if each.code.endswith(("NOT_FOUND",))}:
        return (
            [],
            {"ServiceError"},
            [
                "    with pytest.raises(ServiceError) as raised:",
                f"        {call}",
                "",
                f"    assert raised.value.code == {told.outcome!r}",
            ],
        )
    return None


def _call(told: Told) -> str:
    return f"{told.operation.name}({_keywords(told.arguments)})"


def _keywords(arguments: Mapping[str, str]) -> str:
    # ascii() keeps what nobody sees, or what turns the direction of a line, out of the source.
    return ", ".join(f"{name}={value!a}" for name, value in arguments.items())


def _opened(text: str) -> str:
    """Quote a text for the shell, with the variable where the password was masked."""
    if MASK not in text:
        return shlex.quote(text)
    return f'"{_PASSWORD}"'.join(shlex.quote(part) if part else "" for part in text.split(MASK))


def _further(protocol: str, base_url: str) -> str:
    if protocol == "json":
        return (
            f"    json_url={base_url + '/api/json/'!r},\n    token_url={base_url + '/oauth/token'!r},\n"
            '    client_id=os.environ["AFILNET_CLIENT_ID"],\n    client_secret=os.environ["AFILNET_CLIENT_SECRET"],\n'
        )
    if protocol == "soap":
        return f"    soap_wsdl={base_url + '/api/soap/?wsdl'!r},\n"
    return "    minimum_security='low',\n" if protocol == "http-get" else ""
