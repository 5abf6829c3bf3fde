"""A command is run in this process, with an environment and a working directory of its own."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from afilnet_protocols.cli.app import run

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Sandbox


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> object:
        return json.loads(self.out, parse_constant=_no_json)

    @property
    def error(self) -> dict[str, object]:
        return json.loads(self.err, parse_constant=_no_json)["error"]


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON (RFC 8259 §6)")


Run = Callable[..., Ended]


@pytest.fixture
def afilnet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name in list(os.environ):
        # Workers of pytest-xdist have the width of the terminal in COLUMNS.
        if name.startswith("AFILNET_") or name == "COLUMNS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def call(*words: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(words)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


@pytest.fixture
def account(sandbox: Sandbox, afilnet: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account of the sandbox, given to commands by the environment; its user."""
    made = sandbox.account()
    monkeypatch.setenv("AFILNET_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("AFILNET_CA_FILE", sandbox.ca_file)
    monkeypatch.setenv("AFILNET_USER", made.user)
    monkeypatch.setenv("AFILNET_PASSWORD", made.password)
    monkeypatch.setenv("AFILNET_CLIENT_ID", made.client_id)
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", made.client_secret)
    monkeypatch.setenv("AFILNET_JSON_URL", sandbox.json_url)
    monkeypatch.setenv("AFILNET_TOKEN_URL", sandbox.token_url)
    monkeypatch.setenv("AFILNET_SOAP_WSDL", sandbox.wsdl_url)
    return made.user
