"""A headless Chromium, driven over a pipe with the standard library: what it loads, says, shows, and how it reacts."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 300.0

FOUND = next((path for path in map(shutil.which, NAMES) if path), None)
ABSENT = "there is no Chromium here: apt-get install chromium"


def _pipe() -> tuple[int, int]:
    """Return both ends of a pipe, out of the way of the two numbers that the browser wants."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class RefusedByBrowser(Exception):
    """The browser did not do what it was asked, such as to look into a page that gives way to another one."""


@dataclass
class _Page:
    """A document that the browser has come to; its loader is the browser's name for this time of loading it."""

    loader: str = ""
    complaints_before: int = 0
    loaded: bool = False


class Browser:
    """One page of a headless browser that may reach nothing.

    Everything that the page asks for or complains about is kept in ``requests`` and ``complaints``.
    """

    def __init__(self, width: int = 1200, height: int = 900, *, dark: bool = False) -> None:
        self._profile = tempfile.mkdtemp(prefix="afilnet-browser-")
        # The protocol's pipe is file descriptor 3 (to the browser) and 4 (from it).
        to_browser, self._write = _pipe()
        self._read, from_browser = _pipe()
        words = [
            *(FOUND or "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
            *(f"--user-data-dir={self._profile}", "--no-first-run", "--disable-extensions", "--hide-scrollbars"),
            *("--disable-background-networking", "--disable-component-update", "--proxy-server=127.0.0.1:9"),
            "--disable-features=RenderDocument",  # a frame anew for each page is work that shows nothing here
            *("about:blank",),
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", *words],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._ids = itertools.count(1)
        self._buffer = b""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._loaders: list[str] = []
        self._page = _Page()
        target = next(each for each in self.ask("Target.getTargets")["targetInfos"] if each["type"] == "page")[
            "targetId"
        ]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.resize(width, height)
        self.prefer(dark=dark)

    _session: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._profile, ignore_errors=True)

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the DevTools protocol and return its result."""
        number = next(self._ids)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            answer = self._next(ends)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RefusedByBrowser(answer)
                return answer["result"]
            self._note(answer)
        raise TimeoutError(method)

    def _next(self, ends: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            readable, _, _ = select.select([self._read], [], [], max(0.0, ends - time.monotonic()))
            if not readable:
                raise TimeoutError
            piece = os.read(self._read, 1 << 20)
            assert piece, "the browser ended"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def _note(self, event: dict[str, Any]) -> None:
        about = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
                self._loaders.append(about["loaderId"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(about["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning", "assert"):
                self.complaints.append(str(about["args"]))
            case "Log.entryAdded":
                self.complaints.append(about["entry"]["text"])
            case "Page.frameNavigated" if "parentId" not in about["frame"]:
                self._page = _Page(about["frame"]["loaderId"], complaints_before=len(self.complaints))
            case "Page.loadEventFired":
                self._page.loaded = True

    def open(self, page: Path | str, fragment: str = "") -> None:
        """Load a file, or an address on this machine, anew; wait until it is there; forget what was noted before."""
        address = (page if isinstance(page, str) else page.as_uri()) + fragment
        left = self._page.loader
        loader = self.ask("Page.navigate", url=address).get("loaderId")
        if loader is None:  # where only the fragment is another, the page would stay
            self.ask("Page.navigate", url="about:blank")
            loader = self.ask("Page.navigate", url=address)["loaderId"]
        ends = time.monotonic() + SECONDS
        while self._page.loader != loader or not self._page.loaded:
            self._note(self._next(ends))
        self._forget_before(loader, left)

    def _forget_before(self, loader: str, left: str) -> None:
        """Keep what was noted of the page that came: from its own request on, and nothing of the one before."""
        del self.complaints[: self._page.complaints_before]
        first = self._loaders.index(loader)
        kept = [number for number in range(first, len(self._loaders)) if self._loaders[number] != left]
        self.requests = [self.requests[number] for number in kept]
        self._loaders = [self._loaders[number] for number in kept]

    def run(self, script: str) -> Any:
        """Return what an expression gives in the page."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        """Give the page another window."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, *, dark: bool, motion: bool = False) -> None:
        """Say which colours the user likes, and whether things may move."""
        # Without motion unless it is asked for, so that what is measured is what stays.
        liked = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "no-preference" if motion else "reduce",
        }
        self.ask(
            "Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in liked.items()]
        )

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key."""
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str) -> None:
        """Click where an element is."""
        spot = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=1)

    def shoot(self, file: Path) -> None:
        """Take a picture, for people."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))
