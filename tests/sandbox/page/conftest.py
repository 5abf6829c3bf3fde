"""A browser on the page of a sandbox of its own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols.sandbox import Sandbox
from tests import browser as chromium
from tests.browser import Browser, RefusedByBrowser

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
CONVERSATION = "?account=user&platform=whatsapp&platform_id=100&destination=34600000000"
SECONDS = 300.0


class Visitor:
    """Somebody who looks at the page of a sandbox."""

    def __init__(self, browser: Browser, sandbox: Sandbox) -> None:
        self.browser = browser
        self.sandbox = sandbox
        self.run = browser.run

    def go(self, path: str = "") -> None:
        """Open a view and wait until it hears news."""
        self.browser.open(self.sandbox.page_url + path)
        self.until("document.documentElement.dataset.live === 'yes'")

    def until(self, condition: str, seconds: float = SECONDS) -> float:
        """Wait until an expression is true; return how long that took, in seconds."""
        began = time.monotonic()
        while not self._holds(condition):
            assert time.monotonic() < began + seconds, f"never: {condition}\n{self.run('document.body.innerText')}"
            time.sleep(0.01)
        return time.monotonic() - began

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.run(f"Boolean({condition})"))
        except RefusedByBrowser:
            return False  # one page is giving way to another

    def fill(self, selector: str, text: str) -> None:
        """Put a text into a field, as typing does."""
        self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.value = {json.dumps(text)};"
            "e.dispatchEvent(new Event('input', {bubbles: true}));"
            "e.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    def texts(self) -> list[str]:
        """Return the texts of the bubbles in the document."""
        return list(self.run("[...document.querySelectorAll('#bubbles .text')].map((each) => each.textContent)"))


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    if chromium.FOUND is None:
        if os.environ.get("CI"):
            pytest.fail(chromium.ABSENT)
        pytest.skip(chromium.ABSENT)
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def page_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def visitor(running_browser: Browser, page_sandbox: Sandbox) -> Visitor:
    page_sandbox.reset(everything=True)
    running_browser.resize(1200, 900)
    running_browser.prefer(dark=False)
    return Visitor(running_browser, page_sandbox)


@pytest.fixture(scope="session")
def axe() -> str:
    package = pytest.importorskip("axe_core_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")
