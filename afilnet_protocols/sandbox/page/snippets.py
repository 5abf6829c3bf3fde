"""A call as something to copy: a command line of curl, and a few lines of Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox.page.masking import MASK
from afilnet_protocols.sandbox.page.rosetta import Saying

_PASSWORD = "$AFILNET_PASSWORD"  # noqa: S105 - the name of a variable
_TOKEN = "$AFILNET_TOKEN"  # noqa: S105 - the name of a variable


def as_curl(saying: Saying, base_url: str, ca_file: str) -> str:
    """Return a command line that makes the call; the password is taken from a variable of the shell."""
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


def as_python(
    operation: Operation[object], arguments: Mapping[str, str], *, protocol: str, base_url: str, ca_file: str, user: str
) -> str:
    """Return a few lines of Python that make the call with this library; the password is taken from a variable."""
    return (
        "import os\n\nfrom afilnet_protocols import connect\n\n"
        "with connect(\n"
        f"    protocol={str(protocol)!r},\n"
        f"    base_url={base_url!r},\n"
        f"    ca_file={ca_file!r},\n"
        f"    user={user!r},\n"
        '    password=os.environ["AFILNET_PASSWORD"],\n'
        f"{_further(protocol, base_url)}"
        ") as chat:\n"
        f"    print(chat.{as_call(operation, arguments)})\n"
    )


def as_call(operation: Operation[object], arguments: Mapping[str, str]) -> str:
    """Return a call in Python, without its client."""
    return f"{operation.name}({keywords(arguments)})"


def keywords(arguments: Mapping[str, object]) -> str:
    """Return arguments by keyword, in Python."""
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
