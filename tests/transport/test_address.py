"""Addresses: what cannot be an endpoint is refused in a moment, and never repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.transport.address import Address, read
from tests.tables import table


def address(url: str) -> Address:
    outcome = read(url)
    assert isinstance(outcome, Address), str(outcome)
    return outcome


@table(
    ("url", "authority", "where", "target", "loopback"),
    [
        ("https://www.afilnet.com/api/http/", "www.afilnet.com", "www.afilnet.com:443", "/api/http/", False),
        ("HTTPS://WWW.Afilnet.com", "www.afilnet.com", "www.afilnet.com:443", "/", False),
        ("https://a.example:8443/x?y=%20&z", "a.example:8443", "a.example:8443", "/x?y=%20&z", False),
        ("https://a.example?y=1", "a.example", "a.example:443", "/?y=1", False),
        ("http://127.0.0.1/", "127.0.0.1", "127.0.0.1:80", "/", True),
        ("http://127.9.9.9:81/", "127.9.9.9:81", "127.9.9.9:81", "/", True),
        ("http://localhost:80/", "localhost", "localhost:80", "/", True),
        ("http://[::1]:8080/", "[::1]:8080", "[::1]:8080", "/", True),
        ("https://[2001:DB8::1]/", "[2001:db8::1]", "[2001:db8::1]:443", "/", False),
        ("https://192.0.2.1/", "192.0.2.1", "192.0.2.1:443", "/", False),
    ],
)
def test_addresses_that_are_used(url: str, authority: str, where: str, target: str, loopback: bool) -> None:
    result = address(url)
    assert result.origin.authority == authority
    assert result.origin.where == where
    assert result.target == target
    assert result.origin.loopback is loopback


REFUSED = [
    "",
    " ",
    "https://",
    "https:///x",
    "https://:443/",
    "//a.example/",
    "a.example",
    "ftp://a.example/",
    "file:///etc/passwd",
    "https//a.example",
    "https://user@a.example/",
    "https://user:secret@a.example/",
    "https://a.example@evil.example/",
    "https://a.example\\@evil.example/",
    "https://a.example/#x",
    "https://a.example#x",
    "https://a.example/\r\nX: y",
    "https://a.example\r\n/",
    "https://a.exam\tple/",
    " https://a.example/",
    "https://a.example/ ",
    "https://a.example/a b",
    "https://a.example/\x00",
    "https://a.example/ñ",
    "https://ñ.example/",
    "https://a.example:0/",
    "https://a.example:65536/",
    "https://a.example:99999999/",
    "https://a.example:x/",
    "https://a.example:/",
    "https://a.example:-1/",
    "https://a..example/",
    "https://.example/",
    "https://a.example./",
    "https://-a.example/",
    "https://a-.example/",
    "https://a_b.example/",
    "https://" + "a" * 64 + ".example/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://1.2.3.4.5/",
    "https://256.0.0.1/",
    "https://a.0x1/",
    "https://[::1/",
    "https://::1/",
    "https://[::1%25eth0]/",
    "https://[127.0.0.1]/",
    "https://[1::2::3]/",
    "https://a.example/<x>",
    'https://a.example/"x"',
    "https://a.example/{x}",
    "https://" + "a." * 100_000 + "example/",
    "https://a.example/" + "x" * 1_000_000,
    "https://" + "@" * 1_000_000,
]


@table("url", REFUSED)
def test_addresses_that_are_refused(url: str) -> None:
    outcome = read(url)
    assert isinstance(outcome, ConfigurationError)
    assert "base_url" in str(outcome)
    assert "evil" not in str(outcome)
    assert "secret" not in str(outcome)


@table(
    "url",
    [
        "http://www.afilnet.com/",
        "http://192.0.2.1/",
        "http://localhost.example/",
        "http://127.0.0.1.example/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::]/",
    ],
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    outcome = read(url)
    assert isinstance(outcome, SecurityPolicyError)
    assert outcome.effective == "none"
    assert "https" in outcome.fix


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_an_error_of_ours(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}", f"http://127.0.0.1:{text}/"):
        outcome = read(url)
        assert isinstance(outcome, Address | ConfigurationError)
        if isinstance(outcome, Address):
            assert outcome.target.isascii()
            assert outcome.target.isprintable()
            assert " " not in outcome.target


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789%&=+/?-._~", max_size=40))
def test_path_and_query_leave_exactly_as_they_were_written(text: str) -> None:
    assert address(f"https://a.example/{text}").target == f"/{text}"


def test_the_repr_shows_neither_path_nor_query() -> None:
    assert "secret" not in repr(address("https://a.example/secret?password=secret"))
