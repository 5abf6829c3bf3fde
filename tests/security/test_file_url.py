"""File addresses are public ``https`` addresses, whatever their notation, and are never fetched."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import InvalidFileUrlError, InvalidRequestError, catalogue
from afilnet_protocols.security.file_url import check_file_url
from afilnet_protocols.wire.arguments import to_wire
from tests.tables import table

GOOD = [
    "https://www.example.com/image.jpg",
    "https://www.example.com:8443/image.jpg?sig=a%20b&x=1#page=2",
    "HTTPS://WWW.EXAMPLE.COM/Image.JPG",
    "https://cdn.example.co.uk./a",
    "https://8.8.8.8/a.png",
    "https://[2606:4700:4700::1111]/a.png",
    "https://xn--mnchen-3ya.de/bild.png",
    "https://münchen.de/bild.png",
    "https://my_bucket.s3.amazonaws.com/a",
    "https://example.com/ñandú/€.pdf",
    "https://example.com/" + "a" * 2028,
    "https://1.example.com/",
    "https://0x7f.example.com/",
    "https://localhost.example.com/",
]

PRIVATE_4 = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
             "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"]  # fmt: skip


def notations(address: str) -> list[str]:
    """Spell an IPv4 address in the ways that inet_aton, and so most HTTP clients, understand."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = (number >> shift & 255 for shift in (24, 16, 8, 0))
    return [
        address,
        f"{address}.",
        str(number),
        hex(number),
        hex(number).upper().replace("0X", "0x"),
        f"0{number:o}",
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{b << 16 | c << 8 | d}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"000{a:o}.{b}.0x{c:x}.{d}",
        f"[::ffff:{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b:1::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[0:0:0:0:0:ffff:{address}]",
        "".join(chr(ord(character) + 0xFEE0) if character.isdigit() else character for character in address),
        address.replace(".", "。"),
        address.replace(".", "\uff0e"),
        f"%{ord(address[0]):x}{address[1:]}",
    ]


BAD_HOSTS = [
    f"{'ü' * 70}.com",
    *(spelling for address in PRIVATE_4 for spelling in notations(address)),
    "[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
    "[2001:db8::1]", "[2001::1]", "[100::1]", "[::ffff:0:127.0.0.1]", "[2001:20::1]", "[3fff::1]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal", "intranet", "router.lan",
    "nas.home.arpa", "x.corp", "metadata.google.internal", "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "256.1.1.1", "1.2.3.4.5", "0x", "08.1.1.1", "1..2", "-a.example.com", "a-.example.com", "exa$mple.com",
    "[example.com]", "[1.2.3.4]", "a" * 64 + ".com", ".".join(["a" * 60] * 5) + ".com", "",
]  # fmt: skip

BAD_TEXTS = [
    "xhttps://www.example.com/secret-path",
    "http://www.example.com/a", "ftp://www.example.com/a", "//www.example.com/a", "www.example.com/a", "https:/x.com",
    "https:www.example.com", "https:///a", "https://", "https", "", "file:///etc/passwd", "gopher://x.example.com/",
    "javascript:alert(1)", "data:text/plain,x", "https://user@example.com/", "https://user:pw@example.com/",
    "https://@example.com/", "https://example.com@127.0.0.1/", "https://example.com\\@127.0.0.1/",
    "https://example.com/a b", " https://example.com/", "https://example.com/ ", "\thttps://example.com/",
    "https://example.com/\r\nX: y", "https://exam\nple.com/", "https://exam\tple.com/", "https://example.com/\0",
    "https://example.com/\x7f", "https://example.com/\x85", "https://example.com/\u2028", "https://example.com/\u202e",
    "https://example.com/\ufeff", "https://example.com/\u200b", "https://example.com/\xa0", "https://example.com/\u3000",
    "https://example.com/\ud800", "https://example.com:0/", "https://example.com:65536/", "https://example.com:x/",
    "https://example.com:/", "https://example.com:-1/", "https://example.com:99999999999999999999/",
    "https://example.com:\uff14\uff14\uff13/", "https://example.com/" + "a" * 2029, "https://[::1", "https://]/",
    "https://[2606:4700::1]:x/",
]  # fmt: skip


@table("url", GOOD)
def test_a_public_address_comes_back_unchanged(url: str) -> None:
    assert check_file_url(url) == url


@table("url", [*BAD_TEXTS, *(f"https://{host}/secret-path" for host in BAD_HOSTS)])
def test_anything_else_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(InvalidFileUrlError, match=r"^thumb_url ") as caught:
        check_file_url(url, "thumb_url")
    assert "secret-path" not in str(caught.value)
    assert caught.value.__context__ is None


@table("path", ["photo.jpg", "/home/ana/a photo.jpg", "C:\\photo.jpg", "file:///photo.jpg", "http://a.example/a.jpg"])
def test_who_gives_a_file_of_their_own_is_told_who_fetches_it(path: str) -> None:
    with pytest.raises(InvalidFileUrlError, match="the service fetches the file itself") as caught:
        check_file_url(path)
    assert path not in str(caught.value)


def test_a_path_in_the_place_of_an_address_is_told_the_same() -> None:
    given = {"platform": "webchat", "platform_id": "1", "destination": "1", "file_type": "image"}
    with pytest.raises(InvalidRequestError, match=r"file_url must be a string, not .*: the service fetches the file"):
        to_wire(catalogue.SEND_FILE, {**given, "file_url": Path("photo.jpg")})


@given(st.integers(0, 2**32 - 1), st.sampled_from(range(18)))
def test_every_notation_of_an_address_is_judged_like_the_address(number: int, notation: int) -> None:
    address = str(ipaddress.IPv4Address(number))
    spelled = f"https://{notations(address)[notation]}/"
    try:
        check_file_url(spelled)
    except InvalidFileUrlError:
        return
    # Accepted: then it is public, by the standard library's opinion too.
    assert ipaddress.IPv4Address(number).is_global
    assert not ipaddress.IPv4Address(number).is_multicast


@given(st.binary(min_size=16, max_size=16))
def test_an_ipv6_address_that_is_accepted_is_public_by_the_standard_library_too(packed: bytes) -> None:
    address = ipaddress.IPv6Address(packed)
    try:
        check_file_url(f"https://[{address}]/")
    except InvalidFileUrlError:
        return
    assert address.is_global
    assert address.ipv4_mapped is None
    assert address.sixtofour is None
    assert address.teredo is None


@given(st.text(max_size=40))
def test_any_text_is_accepted_or_refused_with_our_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        with contextlib.suppress(InvalidFileUrlError):
            assert check_file_url(url) == url


def test_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    check_file_url("https://www.example.com/image.jpg")
