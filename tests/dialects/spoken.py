"""The five backends against a sandbox that speaks a dialect, held to the model that knows it."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from afilnet_protocols import AuthenticationError, connect
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.conformance.targets.stage import Candidate
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.protocols.soap_style_wsdl import describe
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Protocol

LINE = {"platform": "whatsapp", "platform_id": "100"}
FIRST, SECOND = ({**LINE, "destination": destination} for destination in ("34600000000", "007"))
ABSENT = {"platform": "telegram", "platform_id": "nosuch", "destination": "34600000000"}
TEXT = " \r\n+ & % ]]> <b>/\u2028\x85ñ😀 שלום "
FILE = {"file_type": "image", "file_url": "https://www.example.com/image.jpg", "thumb_url": None}

STEPS = [
    Step("get_chat_channels"),
    Step("get_chats", LINE),
    Step("get_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("send_message", {**FIRST, "message": TEXT}),
    Step("get_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("receive", {**FIRST, "message": "hola"}),
    Step("send_message", {**SECOND, "message": "x"}),
    Step("send_file", {**FIRST, **FILE, "message": TEXT}),
    Step("get_chats", LINE),
    Step("get_messages", FIRST),
    Step("get_messages", SECOND),
    Step("get_unread_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("send_message", {**ABSENT, "message": "x"}),
    Step("get_messages", ABSENT),
]
"""Every operation, lists of none, one and several, and refusals."""


EACH = len(STEPS) + 1
"""How many answers of each backend are judged: those to the steps, and to a wrong password."""


def play(dialect: Dialect, beside: Sequence[str] = ()) -> int:
    """Play the steps on all five backends, show each a wrong password, and return how many answers were judged.

    Args:
        dialect: how the sandbox speaks.
        beside: further styles of SOAP that it is asked in.

    Raises:
        Disagreement: a backend returned or raised what the model does not.
    """
    with tempfile.TemporaryDirectory() as folder, Sandbox(like=dialect) as sandbox:
        backends = [*stage.built_in(plain=True), *(_in_style(style, Path(folder)) for style in beside)]
        with stage.staged(sandbox, backends) as all_of_them:
            all_of_them.run(STEPS)
            return all_of_them.compared + sum(_is_refused(sandbox, each) for each in backends)


def _in_style(style: str, folder: Path) -> Candidate:
    """Return the soap backend, led to the sandbox's endpoint of a style."""

    def make(settings: Settings) -> ChatOperations:
        address = f"{settings.base_url}/api/soap/{style}/"
        file = folder / f"{style}.wsdl"
        file.write_text(describe(dataclasses.replace(SOAP_STYLES[style], schema_apart=False), address), "utf-8")
        return connect(settings.but(soap_wsdl=str(file), soap_endpoint=address))

    return Candidate(style, Protocol.SOAP, make=make, plain=True)


def _is_refused(sandbox: Sandbox, backend: Candidate) -> bool:
    """Whether a backend says of a wrong password that it is one."""
    settings = sandbox.settings(backend.protocol, plain=True, password="wrong", client_secret="wrong")  # type: ignore[call-overload]
    try:
        with backend.make(settings) as chat:
            chat.get_chat_channels()
    except AuthenticationError as error:
        return error.delivery == "rejected"
    return False
