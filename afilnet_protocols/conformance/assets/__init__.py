"""What pages hold besides what they report: the style that they share, and how their policy names it."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources


def text_of(name: str) -> str:
    """Return a file of this folder, such as ``page.css``."""
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def digest(text: str) -> str:
    """Return what a Content-Security-Policy calls a text by (CSP Level 3 §2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
