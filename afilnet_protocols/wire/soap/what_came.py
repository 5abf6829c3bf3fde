"""What stands where an XML document should: told from its first bytes, for the text of an error only."""

from __future__ import annotations

_LOOKED_AT = 2048

_WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body")
_SCRIPT = (b"<br", b"<b>", b"<pre", b"<font", b"php ", b"warning:", b"notice:", b"fatal error", b"parse error")


def what_came(document: bytes, content_type: str = "") -> str | None:
    """Return what a document is that could not be read as XML, in our words; ``None`` if that cannot be told.

    Args:
        document: the bytes.
        content_type: what HTTP calls them.
    """
    kind = content_type.lower().lstrip()
    begin = document[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if kind.startswith("multipart/") or begin.startswith(b"--"):
        return "it is a multipart message (MTOM, or one with attachments), not XML: switch that off at the service"
    if not begin:
        return "it is empty"
    if begin.startswith(_WEB_PAGE):
        return "it is a web page (HTML), not XML"
    if begin.startswith((b"{", b"[")):
        return "it is JSON, not XML: the address may be that of another protocol"
    if begin.startswith(_SCRIPT):
        return "it begins with a message of the service's script language, such as a PHP warning"
    if not begin.startswith(b"<"):
        return "it does not begin with XML"
    return None
