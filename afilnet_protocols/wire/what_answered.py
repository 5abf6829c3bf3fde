"""What answers where the service should: told from an answer's first bytes, for the text of an error only.

Nothing of the answer is quoted, for it may repeat what was sent; it is named in our words. What is looked for are the
pages of web servers, firewalls, hosts of domains and hotspots as they are known in the field, in some languages of the
vendor's customers (assumed); the older interface's answers ``OK`` and ``-1`` are observed in the vendor's own code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from afilnet_protocols.patterns import late

_LOOKED_AT = 4096
_BLANK = b"\xef\xbb\xbf \t\r\n"


class Met(msgspec.Struct, frozen=True):
    """What answered.

    Attributes:
        what: what it is, as part of a sentence.
        cure: what to do about it.
        telling: whether it says more about the cause than the HTTP status it came with.
    """

    what: str
    cure: str
    telling: bool = True

    @property
    def told(self) -> str:
        """Both in a sentence."""
        return f"it is {self.what}: {self.cure}"


Due = Literal["JSON", "XML"]

_ADDRESS = "the address most likely leads to something else than the service's interface"
_OPERATOR = "its operator has to mend that"
_ALLOW = "have the address that this program calls from allowed, by the vendor or in the account"

_SCRIPT = late(
    rb"<\?php|\bphp (?:warning|notice|fatal error|parse error|deprecated):"
    rb"|\b(?:warning|notice|(?:catchable |)fatal error|parse error|deprecated|strict standards)(?:</b>)?: "
    rb".{0,2000}?\bon line\b|^(?:<br ?/?>|<font|<pre)\s*(?:\n|<b>)",
    re.DOTALL,
)
_WEB_PAGE = late(rb"<(?:!doctype html|html|head|body|title|meta|h1|center)\b")

LOGIN_PAGE = Met("a login page", f"{_ADDRESS}: a page for people, who log in there")
"""What a server shows to whoever is not logged in, or no longer."""

_PAGES: tuple[tuple[tuple[bytes, ...], Met], ...] = (
    (
        (
            *(b"captcha", b"just a moment...", b"attention required", b"request rejected", b"access denied"),
            *(b"incapsula", b"imperva", b"sucuri", b"mod_security", b"modsecurity", b"not acceptable!", b"imunify"),
            *(b"web application firewall", b"ddos", b"security check", b"support id is", b"unusual traffic"),
            *(b"request blocked", b"request is blocked", b"blocked request", b"page blocked", b"access blocked"),
            *(b"has been blocked", b"site blocked", b"site is blocked", b"access to this page has been denied"),
            *(b"limited by the site owner", b"checking your browser", b"attack id"),
        ),
        Met("the page of a firewall", _ALLOW),
    ),
    (
        (
            *(b"hotspot", b"captive portal", b" wifi", b" wi-fi", b"network-auth.com/", b"/guest/s/", b"fgtauth"),
            b"securelogin.",
        ),
        Met("the page of a network that wants a login first (a hotspot)", "log in to the network, or use another"),
    ),
    (
        (b" for sale", b"buy this domain", b"domain is parked", b"parked domain", b"domain has expired", b"en venta"),
        Met("the page of a domain that is parked or for sale", "check the spelling of the host"),
    ),
    (
        (
            b"account suspended",
            b"account has been suspended",
            b"suspendedpage",
            b"cuenta suspendida",
            b"site suspended",
        ),
        Met("the page of a web host for a site that is suspended", "check the spelling of the host"),
    ),
    (
        (b"maintenance", b"mantenimiento", b"manuten", b"wartung", b"be back soon", b"under construction"),
        Met("a web page that says that there is maintenance", "try again later"),
    ),
    (
        (b'type="password', b"type='password", b"type=password"),
        LOGIN_PAGE,
    ),
    (
        (
            b"welcome to nginx",
            b"welcome to caddy",
            b"default page",
            b"defaultwebpage",
            b"it works!",
            b"iis windows",
            b"test page for",
        ),
        Met("the default page of a web server", f"{_ADDRESS}: the server has no site of that name"),
    ),
    ((b"<title>index of", b"directory listing for"), Met("a list of files", _ADDRESS)),
)
"""What stands in lower case in the pages of whom; the first that fits is taken."""

_FIREWALL = Met("the word of a firewall", _ALLOW)

_SENTENCES: tuple[tuple[bytes, Met], ...] = (
    *((b"error code: %d" % code, _FIREWALL) for code in (1006, 1007, 1008, 1009, 1010, 1012, 1020)),  # Cloudflare
    (b"rbac: access denied", _FIREWALL),
    (
        b"http request was sent to https",
        Met("a server's word that it wants TLS", "write https:// in base_url, json_url or soap_endpoint"),
    ),
    (
        b"http request to an https server",
        Met("a server's word that it wants TLS", "write https:// in base_url, json_url or soap_endpoint"),
    ),
    (
        b"no required ssl certificate",
        Met("a server's word that it wants a client certificate", "set client_cert"),
    ),
)

_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "an image"),
    (b"GIF8", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"\x00\x00\x01\x00", "an image"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a ZIP file"),
)

_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"{\x00", b"\x00{", b"[\x00", b"\x00[")
"""How a text in UTF-16 begins: with its mark, or with a bracket of JSON in two bytes."""

_FORM = late(rb"[A-Za-z_][\w.-]*=[^\s<>{}\[\]\"]*")
"""A form, as far as it is looked at; token endpoints from before RFC 6749 answer in one."""

_LEGACY = frozenset({b"ok", b"ko", b"-1"})

_FIREWALL_HEADERS = ("cf-mitigated", "x-sucuri-block", "x-iinfo", "x-amzn-waf-action")


def what_answered(document: bytes, headers: Mapping[str, str], *, due: Due) -> Met | None:
    """Return what a document is that could not be read as what is due; ``None`` if that cannot be told.

    Args:
        document: the bytes.
        headers: those that it came with, by name in lower case.
        due: what the service's document would be.
    """
    kind = headers.get("content-type", "").lower().lstrip()
    begin = document[:_LOOKED_AT].lstrip(_BLANK)
    lower = begin.lower()
    if due == "XML" and (kind.startswith("multipart/") or begin.startswith(b"--")):
        return Met(f"a multipart message (MTOM, or one with attachments), not {due}", "switch that off at the service")
    if not begin:
        return Met("empty", f"{_ADDRESS}, or a server before it fails", telling=False)
    if begin.startswith(b"\x1f\x8b"):
        return Met("compressed, which its header Content-Encoding does not say", _OPERATOR)
    if any(name in headers for name in _FIREWALL_HEADERS):
        return Met("the page of a firewall", _ALLOW)
    if _SCRIPT.search(lower) or _SCRIPT.search(document[-_LOOKED_AT:].lower()):
        if begin.startswith(b"<?php"):
            return Met("the source of a PHP script, which its server does not run", _OPERATOR)
        return Met("one with a message of the service's script language in it, such as a PHP warning", _OPERATOR)
    if _WEB_PAGE.search(lower) and begin.startswith(b"<"):
        return _page(lower, due)
    return _bare(begin, lower, document, due)


def _page(lower: bytes, due: Due) -> Met:
    for words, met in _PAGES:
        if any(word in lower for word in words):
            return met
    return Met(f"a web page (HTML), not {due}", _ADDRESS, telling=False)


def _bare(begin: bytes, lower: bytes, document: bytes, due: Due) -> Met | None:
    """Tell what is no web page."""
    if due == "JSON" and begin.startswith(_UTF_16):
        return Met("a text in UTF-16, not JSON in UTF-8", "have its server answer in UTF-8", telling=False)
    for magic, what in _BINARY:
        if begin.startswith(magic):
            return Met(f"{what}, not {due}", _ADDRESS, telling=False)
    for words, met in _SENTENCES:
        if words in lower:
            return met
    if begin.startswith((b"{", b"[")):
        if due == "XML":
            return Met("JSON, not XML", "the address may be that of another protocol", telling=False)
        return None if document.rstrip(_BLANK).endswith((b"}", b"]")) else _not_to_its_end(document)
    if begin.startswith(b"<"):
        if due == "XML":
            return None
        what = "a SOAP document" if b"envelope" in lower[:512] else "an XML document"
        return Met(f"{what}, not JSON", "the address may be that of another protocol", telling=False)
    if lower.strip(_BLANK) in _LEGACY and due == "JSON":
        where = "base_url is the address before /api/http/, which is spoken here, and not that of /http/"
        return Met("a word of the service's older interface, which answers in plain text", where)
    if b"\x00" in begin:
        return Met(f"binary data, not {due}", _ADDRESS, telling=False)
    return _text(begin, due)


def _text(begin: bytes, due: Due) -> Met | None:
    if due == "XML":
        return Met("plain text; it does not begin with XML", _ADDRESS, telling=False)
    if _FORM.fullmatch(begin.rstrip(_BLANK)):
        return Met("a form (name=value&…), not JSON", "have its server answer in JSON, or set the address that does")
    return None if begin.startswith(b'"') else Met("plain text, not JSON", _ADDRESS, telling=False)


def _not_to_its_end(document: bytes) -> Met:
    """Tell what begins as JSON does and ends otherwise."""
    import json  # what is due has been read by then

    try:
        json.JSONDecoder().raw_decode(document.decode("utf-8", "replace").lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return Met("JSON that is cut off", "a server before the service fails", telling=False)
    return Met("JSON with something behind it", _OPERATOR, telling=False)
