"""Settings: each is declared once, checked when it is set, and refused with the name of what to change."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import pickle
import pprint
import re
import traceback
from pathlib import Path
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import AsyncInbox, Inbox, Outbox, connect, connect_async
from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.registry import resolve_settings
from afilnet_protocols.security import endpoints
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, Settings
from afilnet_protocols.settings.fields import Kind
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import Protocol
from tests.tables import table

pytestmark = pytest.mark.smoke

GOOD = {"user": "someone", "password": "correct horse"}


def refused(**given: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings(**{**GOOD, **given})
    assert caught.value.__context__ is None
    return str(caught.value)


def test_ready_settings_are_checked_when_they_are_made_and_when_they_are_changed(monkeypatch):
    ready, checked = Settings(**GOOD), []
    monkeypatch.setattr("afilnet_protocols.settings.check", lambda *given: checked.append(given))
    assert resolve_settings(ready) is ready
    assert checked == []
    assert resolve_settings(ready, timeout=3).timeout == 3
    assert len(checked) == 1


# One declaration


def test_the_design_s_names_are_all_there():
    names = (
        "protocol base_url user password http_verb soap_wsdl soap_wsdl_sha256 soap_endpoint json_url token_url "
        "client_id client_secret scope grant minimum_security require ca_file pin_sha256 client_cert proxy timeout "
        "connect_timeout delivery service_timezone"
    )
    assert set(names.split()) <= {field.name for field in FIELDS}


def test_overrides_and_documentation_name_exactly_the_declared_settings():
    names = [field.name for field in FIELDS]
    assert list(get_type_hints(SettingsOverrides)) == names
    assert [field.name for field in dataclasses.fields(Settings)] == names
    assert all(field.about for field in FIELDS)


def test_a_path_is_taken_where_a_setting_names_a_file_and_is_kept_as_text(tmp_path, monkeypatch):
    there = tmp_path / "there.pem"
    there.write_text("anything")
    given = dict.fromkeys(("ca_file", "client_cert", "soap_wsdl"), there) | {"token_cache": tmp_path / "token"}
    as_text = {name: str(path) for name, path in given.items()}
    assert Settings(**GOOD, **given) == Settings(**GOOD).but(**given) == Settings(**GOOD, **as_text)
    assert type(Settings(**GOOD, **given).ca_file) is str
    monkeypatch.chdir(tmp_path)
    assert resolve_settings(**GOOD, ca_file=Path("there.pem")).ca_file == as_text["ca_file"]


class Narrower(Settings):
    """An application's own."""


def test_settings_of_a_subclass_are_compared_and_shown_by_all_that_is_declared():
    one, other = Narrower(**GOOD), Narrower(**GOOD, timeout=7)
    assert one != other
    assert one == Narrower(**GOOD) == Settings(**GOOD)
    assert hash(one) == hash(Settings(**GOOD))
    assert "timeout=7" in repr(other)
    assert [field.name for field in dataclasses.fields(Narrower)] == [field.name for field in FIELDS]


def test_defaults_pass_their_own_checks():
    settings = Settings(**GOOD)
    assert (settings.protocol, settings.base_url, settings.timeout) == (
        Protocol.HTTP_POST,
        "https://www.afilnet.com",
        30.0,
    )
    for field in FIELDS:
        if field.name not in GOOD:
            assert getattr(settings, field.name) == field.default


def test_only_secrets_have_a_file_variable_and_none_has_an_option():
    for field in FIELDS:
        assert (field.file_variable is not None) == field.secret
        assert (field.option is None) == field.secret
    assert {field.name for field in FIELDS if field.secret} == {
        "password",
        "client_secret",
        "client_key",
        "refresh_token",
        "proxy_password",
    }


# Frozen, keyword-only, normal forms


def test_it_is_frozen_keyword_only_comparable_and_hashable():
    settings = Settings(**GOOD)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.user = "other"
    with pytest.raises(TypeError):
        Settings("http-post")
    assert settings == Settings(**GOOD)
    assert hash(settings) == hash(Settings(**GOOD))
    assert dataclasses.replace(settings, protocol="basic").protocol is Protocol.BASIC


def test_it_is_a_dataclass_to_whoever_asks():
    settings = Settings(**GOOD, timeout=5)
    assert dataclasses.is_dataclass(settings)
    assert {field.name: field.default for field in dataclasses.fields(Settings)} == {
        each.name: each.default for each in FIELDS
    }
    assert dataclasses.asdict(settings)["timeout"] == 5.0
    assert "timeout=5.0" in repr(settings)
    assert "correct horse" not in pprint.pformat(settings)
    for copied in (copy.copy(settings), copy.deepcopy(settings)):
        assert copied == settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        del settings.user
    assert settings != settings.but(timeout=6)
    assert settings != "settings"


WITHOUT_SECRETS = {"protocol": "another-package's", "minimum_security": "none"}


def changed(**values):
    """Return a pickle of settings in which something else stands."""
    settings = Settings(**WITHOUT_SECRETS)
    vars(settings).update(values)
    return pickle.dumps(settings)


def test_what_a_pickle_holds_is_checked_as_if_it_were_given():
    assert pickle.loads(changed()) == Settings(**WITHOUT_SECRETS)
    with pytest.raises(ConfigurationError, match="timeout must be more than 0"):
        pickle.loads(changed(timeout=-5.0))
    with pytest.raises(ConfigurationError, match="unknown setting 'of_a_later_version'"):
        pickle.loads(changed(of_a_later_version=1))


@table(
    ("make", "slip", "meant"),
    [
        (connect, "hook", "hooks"),
        (connect, "tiemout", "timeout"),
        (connect_async, "braker", "breaker"),
        (Outbox, "schemaa", "schema"),
        (Inbox, "strat", "start"),
        (Inbox, "on_trubble", "on_trouble"),
        (AsyncInbox, "concurency", "concurrency"),
    ],
)
def test_what_is_given_beside_settings_is_suggested_too(tmp_path, make, slip, meant):
    place = tmp_path / "app.db"
    with pytest.raises(ConfigurationError, match=f"unknown setting '{slip}' .*: did you mean '{meant}'"):
        make(*([] if make in (connect, connect_async) else [place]), **{slip: 1})
    assert not place.exists()


def test_who_names_a_profile_by_keyword_is_told_where_it_stands():
    for make in (connect, connect_async):
        with pytest.raises(ConfigurationError, match="the name of a profile stands first, without a keyword"):
            make(profile="production")


def test_what_a_pickle_of_an_earlier_version_does_not_have_is_as_by_default():
    settings = Settings(**WITHOUT_SECRETS)
    del vars(settings)["max_connections"]
    assert pickle.loads(pickle.dumps(settings)).max_connections is None


def test_sabotage_settings_that_take_what_a_pickle_holds_are_noticed(monkeypatch):
    monkeypatch.delattr(Settings, "__setstate__")
    assert pickle.loads(changed(timeout=-5.0)).timeout == -5.0


def test_values_are_kept_in_one_form():
    settings = Settings(**GOOD, protocol="basic", require=["tls13"], pin_sha256="AB" * 32, timeout=5)
    assert settings.protocol is Protocol.BASIC
    assert settings.require == ("tls13",)
    assert settings.pin_sha256 == "ab" * 32
    assert type(settings.timeout) is float
    assert isinstance(settings.password, Secret)


def test_an_installed_backend_may_have_any_name():
    assert Settings(protocol="carrier-pigeon").protocol == "carrier-pigeon"


# What each protocol needs

NEEDS = {
    "http-get": {"user", "password"},
    "http-post": {"user", "password"},
    "basic": {"user", "password"},
    "soap": {"user", "password", "soap_wsdl"},
    "json": {"json_url", "token_url", "client_id", "client_secret"},
}


@table("protocol", Protocol)
def test_a_protocol_names_all_that_it_misses_at_once_and_how_to_give_it(protocol):
    with pytest.raises(ConfigurationError) as caught:
        Settings(protocol=protocol)
    text = str(caught.value)
    named = {field.name for field in FIELDS if f"{field.name} is needed by {protocol}: set {field.variable}" in text}
    assert named == NEEDS[protocol]


def test_an_issuer_spares_the_token_url_and_a_client_certificate_the_secret(tmp_path):
    certificate = tmp_path / "client.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----")
    token = {"protocol": "json", "json_url": "https://a.example/api", "client_id": "me", "issuer": "https://a.example"}
    assert Settings(**token, client_secret="hush hush").token_url is None
    assert "or issuer in the same way" in refused(**{**token, "issuer": None}, client_secret="hush hush")
    assert Settings(**token, token_auth="mtls", client_cert=str(certificate)).client_secret is None
    assert "client_cert is needed" in refused(**token, token_auth="mtls")


def test_the_password_grant_needs_the_legacy_switch_and_a_password():
    token = {
        "protocol": "json",
        "json_url": "https://a.example/api",
        "token_url": "https://a.example/token",
        "client_id": "me",
        "client_secret": "hush hush",
        "grant": "password",
    }
    assert "allow_legacy_grant" in refused(**token)
    assert Settings(**GOOD, **token, allow_legacy_grant=True).grant == "password"
    assert "password is needed" in refused(**token, allow_legacy_grant=True, password=None)


# Values that are refused, by the name of the setting


@table(
    ("name", "value", "hint"),
    [
        ("timeout", 0, "more than 0"),
        ("timeout", -1, "more than 0"),
        ("timeout", float("nan"), "more than 0"),
        ("timeout", float("inf"), "at most 86400"),
        ("timeout", 86401, "at most 86400"),
        ("timeout", 10**400, "at most 86400"),
        pytest.param("settle", 10**5000, "so long a number", id="settle of 5000 digits"),
        pytest.param("max_connections", 10**5000, "so long a number", id="max_connections of 5000 digits"),
        ("timeout", True, "number of seconds"),
        ("timeout", "30", "number of seconds"),
        ("connect_timeout", 0, "more than 0"),
        ("http_verb", "get", "did you mean 'GET'"),
        ("http_verb", "PUT", "POST, GET"),
        ("delivery", "at_most_onse", "did you mean 'at_most_once'"),
        ("delivery", "at-least-once", "did you mean 'at_least_once'"),
        ("grant", "client_credential", "did you mean 'client_credentials'"),
        ("grant", "implicit", "client_credentials, refresh_token, password"),
        ("minimum_security", "hihg", "did you mean 'high'"),
        ("minimum_security", "medium-high", "did you mean 'medium_high'"),
        ("minimum_security", 3, "must be text"),
        ("require", "tls13", "list of names"),
        ("require", ["tls14"], "did you mean 'tls13'"),
        ("require", [13], "list of names"),
        ("allow_legacy_grant", "yes", "true or false"),
        ("pin_sha256", "ab:cd", "64 digits"),
        ("soap_wsdl_sha256", "g" * 64, "64 digits"),
        ("service_timezone", "Europe/Madird", "did you mean 'Europe/Madrid'"),
        ("service_timezone", "../etc/passwd", "IANA"),
        ("user", "${AFILNET_ACCOUNT}", "placeholder"),
        ("client_id", "{{ client }}", "placeholder"),
        ("proxy", "socks5://127.0.0.1:1080", "http://host:port"),
        ("proxy", "127.0.0.1:3128", "http://host:port"),
        ("scope", "a  b", "RFC 6749"),
        ("scope", 'a"b', "RFC 6749"),
        ("user", "", "empty"),
        ("user", " ", "blank"),
        ("user", "a\nb", "control character"),
        ("user", "a\ud800", "cannot be sent"),
        ("user", 7, "must be text"),
        ("password", "hunter2\n", "control character"),
        ("password", "", "empty"),
        ("password", " \u3000", "blank"),
        ("password", " \n", "blank"),
        ("password", b"hunter2", "must be text"),
        ("client_secret", "a\x7fb", "control character"),
        ("ca_file", "/nonexistent/ca.pem", "No such file"),
        ("client_cert", "/", "not a regular file"),
        ("soap_wsdl", "missing.wsdl", "No such file"),
        ("protocol", "", "empty"),
        ("protocol", 5, "must be text"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value, hint):
    text = refused(**{name: value})
    assert text.startswith(name)
    assert hint in text
    assert "hunter2" not in text


VENDOR_PATHS = [
    *("/api/http/", "/api/http", "/api/basic/", "/api/basic", "/API/HTTP/", "/Api/Basic", "/api//http//"),
    *("//api/http/", "/api/json/", "/api/http/?class=chat", "/api/http/index.php", "/gateway/api/http/"),
    *("/api/%68ttp/", "/api/http/api/http/"),
]


@table("protocol", Protocol)
@table("path", VENDOR_PATHS)
def test_a_base_url_with_the_vendor_s_path_is_refused_with_the_fix(protocol, path):
    assert "leave that path out" in refused(protocol=protocol, base_url=f"https://a.example{path}")


@table("path", ["", "/", "//", "/gateway", "/gateway/", "/api", "/api/", "/api/httpd/", "/http/"])
def test_a_base_url_may_have_a_path_of_its_own(path):
    assert Settings(**GOOD, base_url=f"https://a.example{path}").base_url == f"https://a.example{path}"


def test_a_build_that_lets_the_vendor_s_path_pass_is_found(monkeypatch):
    """Sabotage: no path is taken for that of a protocol."""
    monkeypatch.setattr(endpoints, "_OF_A_PROTOCOL", re.compile("(?!)"))
    assert Settings(**GOOD, base_url="https://a.example/api/http/")


URLS = [field.name for field in FIELDS if field.kind in (Kind.URL, Kind.FILE_OR_URL)]


@table("name", URLS)
@table(
    "url",
    [
        "ftp://a.example/",
        "https://",
        "https://:443/",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.exam ple/",
        "https://a.example/\r\nHost: b",
        "https://a.example\\@b.example/",
        "https://ä.example/",
        "https://a.example/#part",
        "https://user:hunter2secret@a.example/",
        "https://user@a.example/",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_unseen(name, url):
    text = refused(**{name: url})
    assert text.startswith(name)
    assert "hunter2" not in text


@table("name", [name for name in URLS if name != "proxy"])
@table(
    "host", ["www.afilnet.com", "10.0.0.1", "0.0.0.0", "localhost.example", "127.0.0.1.example", "2130706433", "[::]"]
)
def test_plain_http_is_for_loopback_only_whatever_the_minimum(name, host):
    for minimum in ("none", "medium"):
        text = refused(**{name: f"http://{host}/", "minimum_security": minimum})
        assert text.startswith(name)
        assert "https://" in text


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.9.9.9", "localhost:1", "[::1]:8080"])
def test_plain_http_on_loopback_is_the_sandbox_s(host):
    assert Settings(**GOOD, base_url=f"http://{host}", minimum_security="none").base_url == f"http://{host}"


def test_plain_http_above_level_none_is_refused_by_the_policy():
    with pytest.raises(SecurityPolicyError):
        connect(Settings(**GOOD, base_url="http://127.0.0.1:1"))


def test_a_query_is_refused_in_base_url_but_may_belong_to_a_wsdl():
    assert "query" in refused(base_url="https://a.example/?x=1")
    assert Settings(**GOOD, soap_wsdl="https://a.example/soap?wsdl").soap_wsdl is not None


def test_a_colon_in_the_user_is_refused_where_basic_could_not_carry_it():
    assert "RFC 7617" in refused(protocol="basic", user="a:b")
    assert Settings(user="a:b", password="x").user == "a:b"


def test_an_unknown_setting_is_refused_with_a_suggestion():
    assert "did you mean 'password'?" in refused(pasword="x")
    assert "did you mean 'timeout'?" in refused(time_out=3)


def test_all_problems_are_told_at_once():
    text = refused(timeout=0, grant="x", base_url="nonsense")
    assert text.startswith("3 settings cannot work:\n- ")
    assert all(f"\n- {name} " in text for name in ("timeout", "grant", "base_url"))


# Files


def test_a_private_key_that_others_can_read_is_refused(tmp_path):
    key = tmp_path / "client.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\nhunter2\n")
    key.chmod(0o644)
    text = refused(client_cert=str(key))
    assert "chmod 600" in text
    assert "hunter2" not in text
    key.chmod(0o600)
    assert Settings(**GOOD, client_cert=str(key)).client_cert == str(key)


def test_a_named_pipe_is_refused_without_waiting(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(ca_file=str(tmp_path / "pipe"))


# Secrets


@given(st.text(alphabet=st.characters(min_codepoint=0xA1, max_codepoint=0x17F), min_size=12))
def test_no_repr_format_or_traceback_with_locals_shows_a_secret(secret):
    settings = Settings(user="someone", password=secret, client_secret=secret)
    assert secret not in repr(settings)
    assert secret not in f"{settings}"
    for make in (_set, _connect, _change):
        with pytest.raises(ConfigurationError) as caught:
            make(Secret(secret))
        trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        inner = [frame for frame in trace.stack if "/afilnet_protocols/" in frame.filename]
        assert inner
        assert not any(secret in str(frame.locals) for frame in inner)


def _set(secret: Secret) -> None:
    Settings(protocol="basic", user="a:b", password=secret.reveal())


def _connect(secret: Secret) -> None:
    connect(protocol="json", user="a", password=secret.reveal())


def _change(secret: Secret) -> None:
    connect(Settings(**GOOD), password=secret.reveal(), timeout=0)


def test_a_plain_dataclass_would_show_it():
    """The check above can fail: the same hunt finds a secret in a constructor that keeps it in a local variable."""

    def construct(password: str) -> None:
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError) as caught:
        construct("hunter2hunter2")
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert any("hunter2hunter2" in str(frame.locals) for frame in trace.stack)


# No input gets past the checks as anything but a value or our error


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in FIELDS]),
        st.one_of(
            st.text(max_size=40),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.binary(max_size=5),
            st.lists(st.text(max_size=5), max_size=3),
            st.sampled_from(
                ["https://a.example", "http://[", "https://a.example:x", "none", "json", str(Path(__file__))]
            ),
        ),
    )
)
def test_any_values_give_settings_or_our_own_error(values):
    with contextlib.suppress(ConfigurationError):
        Settings(**values)
