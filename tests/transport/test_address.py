"""Addresses: what cannot be an endpoint is refused in a moment, and never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.security import address_form, endpoints
from afilnet_protocols.security.address_form import is_name
from afilnet_protocols.transport import address as transport_address
from afilnet_protocols.transport.address import Address, _origin, read
from tests.sizes import examples
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
    "https://a.example../",
    "https://-a.example/",
    "https://a-.example/",
    "https://a_+b.example/",
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


USUAL = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://"]),
    st.sampled_from(
        ["a.example", "A.example", "127.0.0.1", "127.0.0.01", "1.2", "0x7f", "a-", ".", "a." * 127, "x" * 63]
    )
    | st.text("a0.-_", max_size=4),
    st.sampled_from(["", ":", ":443", ":0", ":65535", ":65536", ":x"]),
    st.sampled_from(["", "/", "/a?", "/a?b", "/%41", "//a"]) | st.text("/aA0.-_~%", max_size=5),
)


def read_alike(url: str) -> bool:
    """Whether an address that is written as most are is read as if it were an unusual one."""
    _origin.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport_address, "usual_parts", lambda url: None)
        strictly = read(url)
    _origin.cache_clear()
    found = read(url)
    return found == strictly if isinstance(strictly, Address) else str(found) == str(strictly)


@given(USUAL)
@settings(max_examples=examples(200, proof=5_000))
def test_usual_addresses_are_read_as_all_others_are(url: str) -> None:
    assert read_alike(url)


def test_a_careless_look_at_usual_addresses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: a host of any length, and what no address may hold."""
    long = f"https://{'a.' * 127}a/"
    assert read_alike(long)
    monkeypatch.setattr(address_form, "LONGEST_HOST", 1_000)
    assert not read_alike(long)
    monkeypatch.setattr(endpoints, "_OF_PATHS", endpoints._OF_PATHS + "^")
    assert not read_alike("https://a.example/^")


@table(
    ("host", "is_one"),
    [
        ("a", True),
        ("a-b.c9", True),
        ("x" * 63, True),
        ("x" * 64, False),
        ("a." * 126 + "a", True),
        ("a." * 126 + "ab", False),
        ("-a.b", False),
        ("a-.b", False),
        ("a..b", False),
        ("", False),
        ("a_b", True),
        ("_a.b_", True),
        ("a.b.", True),
        ("a.", True),
        ("a.b..", False),
        (".", False),
        ("1.", False),
        ("A", False),
        ("a.1", False),
        ("a.0x7f", False),
        ("a.0x", False),
        ("a.0xg", True),
        ("1.a", True),
    ],
)
def test_a_name_is_labels_of_which_the_last_is_no_number(host: str, is_one: bool) -> None:
    assert is_name(host) is is_one


def test_the_repr_shows_neither_path_nor_query() -> None:
    assert "secret" not in repr(address("https://a.example/secret?password=secret"))
