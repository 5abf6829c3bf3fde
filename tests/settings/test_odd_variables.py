"""Variables as shells, containers and people write them: each setting has one, and what it cannot hold is refused."""

from __future__ import annotations

import datetime
import decimal
import itertools
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, Settings, near_miss, value_faults
from afilnet_protocols.settings.environment import given_by
from afilnet_protocols.settings.fields import Kind
from afilnet_protocols.settings.sources import Resolved
from tests.settings.test_odd_files import made, refusal
from tests.settings.test_sources import PASSWORD, Place
from tests.tables import table

THERE = str(Path(__file__).parents[1] / "tables.py")
SOME: dict[Kind, tuple[object, ...]] = {
    Kind.TEXT: ("x",),
    Kind.SECRET: (Secret("x y"),),
    Kind.URL: ("https://x.example/y",),
    Kind.FILE: (THERE,),
    Kind.FILE_OR_URL: (THERE, "https://x.example/?wsdl"),
    Kind.NEW_FILE: (str(Path(__file__).with_name("new")), "/new"),
    Kind.DIGEST: ("ab" * 32,),
    Kind.SECONDS: (3.0, 0.5, 86_400.0),
    Kind.COUNT: (1, 10_000),
    Kind.FLAG: (True, False),
}
NAMES = {
    "require": (("tls13",), ("tls13", "token_lifetime<=900")),
    "resource": (("https://a.example", "https://b.example"),),
    "token_parameters": (("tenant=shop", "more="),),
}
TEXTS = {
    "service_timezone": ("Europe/Madrid", "UTC"),
    "scope": ("a b",),
    "proxy": ("http://x.example:3128", "http://x.example/"),
}
NEEDED_BESIDE = {
    "protocol": {
        "user": "u",
        "password": "p",
        "soap_wsdl": "https://x.example/?wsdl",
        "json_url": "https://x.example/j",
        "token_url": "https://x.example/t",
        "client_id": "c",
        "client_secret": "s",
    },
    "proxy_user": {"proxy": "http://p.example"},
    "proxy_password": {"proxy": "http://p.example", "proxy_user": "p"},
    "delivery": {"settle": 1.0},
}


def samples() -> list[tuple[str, object]]:
    """Return every setting with every kind of value that it may have."""
    found: list[tuple[str, object]] = []
    for field in FIELDS:
        texts = TEXTS.get(field.name) or NAMES.get(field.name)
        found += [(field.name, value) for value in texts or field.values or SOME[field.kind]]
    return found


@table(("name", "value"), samples())
def test_every_setting_can_be_given_by_its_variable(name, value):
    more = dict(NEEDED_BESIDE.get(name, {}))
    given = Settings(**{"protocol": "another-package's", "minimum_security": "none", **more, name: value})
    place = made_nowhere()
    place.environ = given_by(given, FIELDS)
    assert place.resolve().settings == given
    if value != next(field.default for field in FIELDS if field.name == name):
        assert str(place.resolve().origins[name]) == f"environment AFILNET_{name.upper()}"


class Nowhere:
    """An environment without any file."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = {}

    def resolve(self, **overrides: object) -> Resolved:
        from afilnet_protocols.settings.sources import resolve

        return resolve(None, overrides, environ=self.environ, cwd="/", user_folder="/nowhere")


def made_nowhere() -> Nowhere:
    return Nowhere()


@table("name", [field.name for field in FIELDS])
def test_a_blank_variable_means_nothing_and_is_refused_by_its_name(tmp_path, name):
    place = made(tmp_path)
    place.environ[f"AFILNET_{name.upper()}"] = " "
    assert f"{name} (environment AFILNET_{name.upper()})" in refusal(place, None)


def test_a_value_at_its_default_needs_no_variable():
    assert given_by(Settings(user="u", password="p"), FIELDS) == {"AFILNET_USER": "u", "AFILNET_PASSWORD": "p"}


@table(
    ("name", "text", "value"),
    [
        ("TIMEOUT", "5", 5.0),
        ("TIMEOUT", " 5 ", 5.0),
        ("TIMEOUT", "5e-1", 0.5),
        ("UNIQUE_GET", "0", False),
        ("UNIQUE_GET", "FALSE", False),
        ("UNIQUE_GET", "False", False),
        ("TLS_RESUMPTION", "1", True),
        ("TLS_RESUMPTION", "TRUE", True),
        ("REQUIRE", "tls13, token_lifetime<=900", ("tls13", "token_lifetime<=900")),
        ("TOKEN_PARAMETERS", "a=b;c=d, e=", ("a=b;c=d", "e=")),
        ("PIN_SHA256", "AB" * 32, "ab" * 32),
    ],
)
def test_a_text_means_what_people_mean_by_it(tmp_path, name, text, value):
    place = made(tmp_path)
    place.environ[f"AFILNET_{name}"] = text
    assert getattr(place.resolve().settings, name.lower()) == value


@table(
    ("name", "text", "hint"),
    [
        *(("TIMEOUT", text, "must be a number of seconds") for text in ("30s", "30 s", "1 minute", "1,5", "0x10", "é")),
        *(("TIMEOUT", text, "more than 0 and at most 86400") for text in ("-1", "0", "1e400", "nan", "infinity")),
        *(("MAX_CONNECTIONS", text, "whole number") for text in ("4.0", "-3", "+3", "1e3", "3 ", "0", "9" * 9)),
        ("MAX_CONNECTIONS", "9" * 5000, "a whole number from 1"),
        *(("UNIQUE_GET", text, "true or false, not") for text in ("yes", "no", "on", "off", "2", "t", "true ", "é")),
        *(("REQUIRE", text, "a comma too many") for text in ("tls13,", ",", " ", "tls13,,tls13")),
        ("REQUIRE", "tls13;tls12", "did you mean 'tls13'?"),
        ("RESOURCE", "api.example.com", "resource (environment AFILNET_RESOURCE) must be complete addresses"),
        ("RESOURCE", "https://a.example/#x", "without a fragment"),
        *(("TOKEN_PARAMETERS", text, "name=value") for text in ("a", "=b", "a=b,c")),
        ("TOKEN_PARAMETERS", "client_secret=hunter2", "must not hold a secret"),
        ("HTTP_VERB", "get", "must be one of POST, GET, not 'get'; did you mean 'GET'?"),
        ("ODD_RECORDS", "ignore", "must be one of refuse, skip, not 'ignore'"),
        *(("PIN_SHA256", text, "64 digits") for text in ("ab" * 31, "0x" + "ab" * 32, "sha256//" + "A" * 43 + "=")),
        *(("SERVICE_TIMEZONE", text, "IANA") for text in ("europe/madrid", "UTC+01:00", "/etc/localtime", "x" * 5000)),
        *(("BASE_URL", text, "complete address") for text in ("www.afilnet.com", "//x", "https//x", "localhost:8080")),
        *(("BASE_URL", f"https://x:{text}", "a port from 1 to 65535") for text in ("0", "65536", "https", "{port}")),
        ("BASE_URL", "https://2001:db8::1/", "stands in brackets"),
        ("PROXY", "http://x.example:port", "a port from 1 to 65535"),
        ("BASE_URL", "https://u:hunter2@x.example", "must not hold a user or password"),
        ("PROXY", "https://u:hunter2@x.example", "proxy_user and proxy_password"),
        *(("PROXY", text, "must be http://host:port") for text in ("https://x.example:8443", "http://x.example/a.pac")),
        *(
            ("BASE_URL", f"https://{text}", "must have a host of letters")
            for text in ("a..example", "x..", "x:", "1.2", "1.2.")
        ),
        *(("JSON_URL", f"https://x/{text}", "a placeholder") for text in ("{tenant}/api", "a|b", "?a=[1]", "<id>")),
        ("TOKEN_CACHE", "/no/such/folder/tokens", "must be a file in a folder that exists"),
        ("TOKEN_CACHE", "/", "must be a file in a folder that exists"),
        ("CLIENT_CERT", "-----BEGIN PRIVATE KEY-----\nhunter2", "control character"),
    ],
)
def test_a_text_that_means_nothing_is_refused_by_name(tmp_path, name, text, hint):
    place = made(tmp_path)
    place.environ[f"AFILNET_{name}"] = text
    told = refusal(place, None)
    assert hint in told
    assert name.lower() in told
    assert "hunter2" not in told


@table("field", [field for field in FIELDS if not field.secret], ids=lambda field: field.name)
def test_an_address_with_a_password_is_refused_in_every_setting_and_not_shown(tmp_path, field):
    """What is no secret is shown, by reprs and by `afilnet config`."""
    place = made(tmp_path)
    encoded = ("https://u%3Ahunter2@x.example", "x=https%3a%2F%2Fu%3ahunter2%40x.example%2Fa")
    for text in ("https://u:hunter2@x.example", "x=https://:hunter2@x.example/a", *encoded):
        place.environ[field.variable] = text
        told = refusal(place, None)
        assert field.name in told
        assert "hunter2" not in told


@table(
    ("name", "value"),
    [
        ("user", "me:you@a.example"),
        ("audience", "https://a.example:8080/v1@x"),
        ("audience", "api://me@a.example"),
        ("client_id", "https://a.example/?user=a:b@c"),
        ("audience", "https://a.example:8080/?of=me%40a.example&to=https%3A%2F%2Fa.example%3A8080%2Fb%40c"),
        ("user", "me%40a.example:1"),
        ("resource", ("https://a.example:8443/a@b", "urn:a:b@c")),
    ],
)
def test_an_address_without_a_password_is_taken_as_it_is(name, value):
    assert getattr(Settings(**{"user": "u", "password": "a-long-password", name: value}), name) == value


def test_a_long_value_is_looked_through_once():
    """Of a million colons a look for each of them would take hours."""
    assert value_faults.holds_a_password("://" + ":" * 1_000_000 + " @") is False
    assert value_faults.holds_a_password("://" + ":" * 1_000_000 + "@") is True


def test_sabotage_a_build_that_looks_for_passwords_in_addresses_alone_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(value_faults, "holds_a_password", lambda _: False)
    with pytest.raises(BaseException):  # noqa: B017 -- it is accepted, and nothing is refused
        test_an_address_with_a_password_is_refused_in_every_setting_and_not_shown(tmp_path)


class Odd:
    def __str__(self) -> str:
        return "hunter2"


class NoPath:
    def __init__(self, said: bytes | Exception) -> None:
        self._said = said

    def __fspath__(self) -> bytes:
        if isinstance(self._said, bytes):
            return self._said
        raise self._said


@table(
    ("given", "hint"),
    [
        ({"timeout": decimal.Decimal(3)}, "timeout (keyword argument) must be a number of seconds, not Decimal"),
        ({"timeout": datetime.timedelta(seconds=3)}, "must be a number of seconds, not timedelta"),
        ({"service_timezone": zoneinfo.ZoneInfo("UTC")}, "must be text, not ZoneInfo"),
        ({"ca_file": b"/etc/ca.pem"}, "must be text, not bytes"),
        ({"ca_file": Path("/etc")}, "ca_file (keyword argument) cannot be used: "),
        ({"ca_file": NoPath(OSError("hunter2"))}, "must be text, not NoPath"),
        ({"token_cache": NoPath(b"hunter2")}, "must be text, not "),
        ({"user": Path("someone")}, "must be text, not PosixPath"),
        ({"client_key": Path("key.pem")}, "must be text, not PosixPath: the key itself, such as path.read_text()"),
        ({"require": {"tls13"}}, "must be a list of names, not set"),
        ({"require": [Odd()]}, "must be a list of names, not with Odd in it"),
        ({"require": (None,)}, "must be a list of names, not with NoneType in it"),
        ({"password": ["hunter2"]}, "must be text, not list"),
        ({"password": Odd()}, "must be text, not Odd"),
        ({"user": Odd()}, "must be text, not Odd"),
        ({"base_url": b"https://u:hunter2@x.example"}, "must be text, not bytes"),
        ({"x" * 50_000: 1}, "unknown setting 'xxx"),
        ({"api_key": "hunter2"}, "use user and password"),
        ({"maxRetries": 3}, "nothing is repeated by count"),
        ({"service_timezone": "x" * 61}, f"not '{'x' * 57}…'; examples"),
        ({"service_timezone": "x" * 58}, f"not '{'x' * 58}'; examples"),
        ({"settle": 10**60}, f"not 1{'0' * 56}…"),
    ],
)
def test_an_argument_of_another_kind_is_refused_without_what_is_in_it(tmp_path, given, hint):
    place = made(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        _ = place.resolve(None, **given).settings
    told = str(caught.value)
    assert hint in told
    assert "hunter2" not in told
    assert len(told) < 1000


def test_what_is_not_given_is_looked_for_below(tmp_path):
    place = made(tmp_path, "[profiles.a]\ntimeout = 3\nsettle = 'x'\npassword = { command = ['false'] }\n")
    place.environ["AFILNET_SETTLE"] = "2"
    given = place.resolve("a", timeout=None).settings
    assert (given.timeout, given.settle, given.password) == (3.0, 2.0, Secret(PASSWORD))


def test_beside_what_is_wrong_with_a_source_wrong_values_are_told_and_missing_ones_are_not(tmp_path):
    """What is missing may well be what the source was to give."""
    place = made(tmp_path)
    del place.environ["AFILNET_USER"]
    place.environ |= {"AFILNET_USR": "someone", "AFILNET_TIMEOUT": "soon"}
    first, second = place.resolve().complaints()
    assert first == "unknown environment variable AFILNET_USR: did you mean 'AFILNET_USER'?"
    assert second == "timeout (environment AFILNET_TIMEOUT) must be a number of seconds, not 'soon'"


NOT_READ = "./afilnet.toml is not read"


def test_a_file_that_lies_here_is_told_of_only_where_it_may_have_what_is_missing(tmp_path):
    place = made(tmp_path, "[profiles.a]\n")
    (place.cwd / "afilnet.toml").write_text("")
    assert NOT_READ not in place.refusal(timeout=0)
    del place.environ["AFILNET_USER"]
    assert NOT_READ in place.refusal()
    assert NOT_READ not in place.refusal("a")
    assert NOT_READ in place.refusal("b")


# Credentials of two callers


def test_beside_a_secret_by_keyword_it_is_said_that_the_environment_s_user_is_not_taken(tmp_path):
    place = made(tmp_path)
    told = place.refusal(password="another")
    assert told.startswith("user is needed by http-post: set AFILNET_USER")
    assert "AFILNET_USER is set, but no credential is taken from the environment beside a secret given" in told
    del place.environ["AFILNET_USER"]
    assert "is set, but" not in place.refusal(password="another")
    assert "AFILNET_USER is set" not in place.refusal(password="another", user="a:b", protocol="basic")
    assert place.refusal().endswith("user=… in connect()")


def test_a_proxy_s_password_by_keyword_shuts_no_credential_out(tmp_path):
    """It is no secret of the account: who gives it is nobody else's caller."""
    settings = made(tmp_path).resolve(proxy="http://p.example", proxy_user="p", proxy_password="q").settings
    assert (settings.user, settings.password) == ("someone", Secret(PASSWORD))


@table("name", ["password", "client_secret", "client_key", "refresh_token"])
def test_a_secret_of_the_account_by_keyword_does(tmp_path, name):
    resolved = made(tmp_path).resolve(**{name: "another"})
    assert resolved.values["user"] is None
    assert resolved.passed_over == {"user": "AFILNET_USER", "password": "AFILNET_PASSWORD"}


# Slips of the pen


def plain_distance(one: str, other: str) -> int:
    """The optimal string alignment distance, as it is defined."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        plain_distance(one[:-1], other) + 1,
        plain_distance(one, other[:-1]) + 1,
        plain_distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if len(one) > 1 and len(other) > 1 and one[-2:] == other[-1] + other[-2]:
        ways.append(plain_distance(one[:-2], other[:-2]) + 1)
    return min(ways)


def test_a_distance_is_right_as_far_as_it_is_asked_for():
    texts = ["".join(letters) for length in range(5) for letters in itertools.product("AB", repeat=length)]
    for one, other, most in itertools.product(texts, texts, (0, 1, 2)):
        right, found = plain_distance(one, other), near_miss._distance(one, other, most=most)
        assert found == right if right <= most else found > most, (one, other, most)


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_a_distance_of_more_letters_is_right_too(one, other):
    right, found = plain_distance(one, other), near_miss._distance(one, other, most=2)
    assert found == right if right <= 2 else found > 2


@table(
    ("name", "known", "guards", "meant"),
    [
        # The nearest of several, and the first in the alphabet of those that are equally near.
        ("WORDX", ["WORDS", "WORDX_Y", "WORDY"], [], "WORDS"),
        ("WORDSS", ["WORDS", "WORDTS"], [], "WORDS"),
        ("SECRETZZ", ["SECRETS", "SECRETZA"], [], "SECRETZA"),
        ("AB_CDEFGX", ["AB_CDEFGH"], [], "AB_CDEFGH"),
        ("WORD_ONES", ["AORD_ONES", "WORDONES"], [], "WORDONES"),
        ("WORD_TWO", ["AORD_TWO", "WORDTWOS"], [], "AORD_TWO"),
        ("SECRET_WORD", ["ACCRET_WORD", "SECRETWORDS"], [], "SECRETWORDS"),
        # A word of six letters may have two slips, one of five only one, one of two none.
        ("SECRXY", ["SECRET"], [], "SECRET"),
        ("SECXYZ", ["SECRET"], [], None),
        ("WOXYS", ["WORDS"], [], None),
        ("WOXDS", ["WORDS"], [], "WORDS"),
        ("WXX", ["WOR"], [], None),
        ("WOX", ["WOR"], [], "WOR"),
        ("WX", ["WO"], [], None),
        # Joined words: more than six letters, one slip.
        ("WORDTWO", ["WORD_TWO"], [], "WORD_TWO"),
        ("WORDTWX", ["WORD_TWO"], [], "WORD_TWO"),
        ("WORDTXX", ["WORD_TWO"], [], None),
        ("WORTWX", ["WOR_TWO"], [], None),
        ("WORTWO", ["WOR_TWO"], [], "WOR_TWO"),
        # A word that was forgotten or abbreviated matters only where something is guarded.
        ("MIN_WORDS", ["MINIMUM_WORDS"], [], None),
        ("MIN_WORDS", ["MINIMUM_WORDS"], ["MINIMUM_WORDS"], "MINIMUM_WORDS"),
        ("MINIMUMS_WORDS", ["MINIMUM_WORDS"], ["MINIMUM_WORDS"], "MINIMUM_WORDS"),
        ("MI_WORDS", ["MINIMUM_WORDS"], ["MINIMUM_WORDS"], None),
        ("MIN_WORX", ["MINIMUM_WORDS", "MIN_WOR"], ["MINIMUM_WORDS"], "MIN_WOR"),
        ("MIN_WORDS", ["MINIMUM_WORDS", "MINX_WORDS"], ["MINIMUM_WORDS"], "MINIMUM_WORDS"),
        ("WORDS_FILE", ["WORDS"], [], "WORDS"),
        ("word_s", ["WORDS"], [], "WORDS"),
    ],
)
def test_what_is_a_slip_of_what(name, known, guards, meant):
    assert near_miss.near_miss(name, known, guards) == meant


def test_each_variable_of_others_is_looked_at_once(tmp_path, monkeypatch):
    looked: list[str] = []
    real = near_miss.near_miss

    def counted(name, known, guards):
        looked.append(name)
        return real(name, known, guards)

    monkeypatch.setattr(near_miss, "near_miss", counted)
    place: Place = made(tmp_path)
    place.environ |= {"AFILNET_OTHER": "x", "AFILNET_PASWORD": "x", "afilnet_more": "x"}
    assert place.resolve().ignored == ("AFILNET_OTHER", "afilnet_more")
    assert sorted(looked) == ["OTHER", "PASWORD", "more"]
