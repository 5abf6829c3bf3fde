"""The package runs where it was copied, put into an archive or frozen: nothing says then what is installed."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reports.document import document_of
from tests.conformance.example_report import example

PACKAGE = Path(afilnet_protocols.__file__).parent


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", refuse)


def test_a_comparison_says_what_it_was_made_with(afilnet, not_installed) -> None:
    compared = afilnet("compare", "--from", "sandbox:basic", "--to", "sandbox:http-post", "--calls", "5", "--json")
    assert compared.code == 0, compared.err


def test_a_report_says_what_it_was_made_with(not_installed) -> None:
    assert document_of(example(), CASES)["suite"]["version"] == afilnet_protocols.__version__


def asks_who_is_installed(source: str) -> list[str]:
    """Return where a module asks what is installed about this package itself."""
    return re.findall(r"\b(?:version|distribution|metadata|requires|files)\(\s*[\"']afilnet.protocols[\"']", source)


def test_no_module_asks_what_is_installed_about_the_package_itself() -> None:
    assert not [
        path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if asks_who_is_installed(path.read_text("utf-8"))
    ]


def test_sabotage_one_that_does_is_noticed() -> None:
    assert asks_who_is_installed('VERSION = importlib.metadata.version("afilnet-protocols")')
