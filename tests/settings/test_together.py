"""Settings that are right by themselves and do not go together; and the last value on this side of each limit."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError, connect
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, Settings, foreign_names, private_file, validation, wrap_secrets
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.value_faults import Misfit, value_faults
from tests.settings.test_settings import GOOD
from tests.tables import table

JSON = {
    "protocol": "json",
    "json_url": "https://a.example/api",
    "token_url": "https://a.example/token",
    "client_id": "me",
    "client_secret": "hush",
}
PROXY = "http://p.example"

TOGETHER = [
    ({"proxy_user": "p"}, "proxy_user has no use without proxy"),
    ({"proxy": PROXY, "proxy_user": "p"}, None),
    ({"proxy": PROXY, "proxy_password": "q"}, "proxy_user is needed by proxy_password"),
    ({"proxy": PROXY, "proxy_user": "p", "proxy_password": "q"}, None),
    ({"proxy": PROXY, "proxy_user": "p:", "proxy_password": "q"}, "proxy_user must not hold a ':'"),
    ({"proxy_user": "p", "proxy_password": "q"}, "2 settings cannot work:"),
    ({"delivery": "reconcile", "settle": 15.0}, None),
    ({"delivery": "reconcile", "settle": 15.1}, "settle must be at most half of timeout (30 s)"),
    ({"delivery": "reconcile", "timeout": 10}, None),
    ({"delivery": "reconcile", "timeout": 9.9}, "settle must be at most half of timeout (9.9 s)"),
    ({"delivery": "at_least_once", "settle": 20}, None),
    ({"delivery": "reconcile", "timeout": 0}, "timeout must be more than 0"),
    ({"protocol": "basic", "user": "a:b"}, "user must not hold a ':' with basic"),
    ({"protocol": "basic", "user": "a:\n"}, "user holds a control character"),
    ({**JSON}, None),
    ({**JSON, "refresh_token": "r"}, "refresh_token has no use with this grant"),
    ({**JSON, "grant": "refresh_token"}, 'refresh_token is needed by grant = "refresh_token"'),
    ({**JSON, "grant": "refresh_token", "refresh_token": "r"}, None),
    ({"refresh_token": "r"}, None),
    ({**JSON, "client_id": "a:b"}, None),
    ({**JSON, "client_id": "a:b", "token_auth": "basic-raw"}, "client_id must not hold a ':'"),
    ({**JSON, "token_auth": "basic-raw"}, None),
    ({**JSON, "token_auth": "private_key_jwt"}, "client_key is needed by token_auth"),
    ({**JSON, "token_auth": "private_key_jwt", "client_key": "k"}, None),
    ({**JSON, "scope": "a b"}, None),
    ({**JSON, "scope": "a  b"}, "scope must be scopes"),
    ({**JSON, "audience": "a  b"}, None),
    ({**JSON, "issuer": "https://a.example", "token_url": None}, None),
    ({**JSON, "token_url": None}, "token_url is needed by json"),
    *(
        ({**JSON, "issuer": f"https://a.example{path}"}, "issuer must be the issuer itself")
        for path in ("/.well-known/openid-configuration", "/o/.well-known/oauth-authorization-server", "/.well-known/")
    ),
    ({**JSON, "issuer": "https://a.example/well-known/x"}, None),
    *(
        ({**JSON, "token_auth": method}, f"token_auth calls {method} '{ours}'")
        for method, ours in (("client_secret_basic", "basic"), ("client_secret_post", "body"), ("post", "body"))
    ),
    *(
        ({**JSON, "token_auth": method}, f"token_auth calls {method} 'mtls'")
        for method in ("tls_client_auth", "self_signed_tls_client_auth")
    ),
    ({**JSON, "token_auth": "client_secret_jwt"}, "token_auth must be one of"),
    ({**JSON, "grant": "post"}, "grant must be one of"),
    ({**JSON, "resource": ["https://a.example"]}, None),
    ({**JSON, "resource": ["tenant=shop"]}, "resource must be complete addresses"),
    ({**JSON, "token_parameters": ["https://a.example"]}, "token_parameters must be written as name=value"),
]


@table(("given", "hint"), TOGETHER)
def test_what_does_not_go_together_is_refused_by_the_name_of_what_to_change(given, hint):
    if hint is None:
        Settings(**{**GOOD, **given})
        return
    with pytest.raises(ConfigurationError) as refused:
        Settings(**{**GOOD, **given})
    assert str(refused.value).startswith(hint)


def test_sabotage_a_build_that_looks_at_each_setting_alone_is_found(monkeypatch):
    monkeypatch.setattr(validation, "_of_protocol", lambda *_: ())
    monkeypatch.setattr(validation, "_of_delivery", lambda *_: ())
    let_through = 0
    for given, hint in TOGETHER:
        try:
            Settings(**{**GOOD, **given})
        except ConfigurationError:
            continue
        let_through += hint is not None
    assert let_through > 10


def test_a_signed_assertion_says_what_to_install_where_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ConfigurationError, match=r"token_auth .*afilnet-protocols\[crypto\]"):
        Settings(**JSON, token_auth="private_key_jwt", client_key="k")
    assert Settings(**JSON).token_auth == "basic"


DEFAULTS = {
    "protocol": "http-post",
    "http_verb": "POST",
    "unique_get": True,
    "grant": "client_credentials",
    "token_auth": "basic",
    "allow_legacy_grant": False,
    "minimum_security": "medium",
    "tls_resumption": False,
    "timeout": 30.0,
    "connect_timeout": 10.0,
    "delivery": "at_most_once",
    "settle": 5.0,
    "max_connections": None,
    "odd_records": "refuse",
}


def test_the_defaults_are_those_that_the_pages_tell():
    assert {name: getattr(Settings(**GOOD), name) for name in DEFAULTS} == DEFAULTS
    open_ended = {field.name for field in FIELDS if field.open_ended}
    assert open_ended == {"protocol"}
    assert not SettingField("x", Kind.WORD, None).open_ended


@table(
    ("name", "fits", "does_not"),
    [
        ("timeout", (5e-324, 1, 86_400, 86_400.0), (0, 86_400.000001, 86_401, -5e-324)),
        ("max_connections", (1, 2, 10_000), (0, 10_001, -1, True, 1.0)),
        ("unique_get", (True, False), (0, 1, "true")),
        ("service_timezone", ("UTC",), ("Europe", "")),
        ("scope", ("a", "!~"), (" a", "a ", '"', "\\", "ñ")),
        ("audience", (" ñ",), ("\x00", "\x1f", "\x7f", "\ud800", "\ufffe")),
    ],
)
def test_a_limit_has_two_sides(name, fits, does_not):
    field = next(field for field in FIELDS if field.name == name)
    assert [value_faults(field, value) for value in fits] == [[]] * len(fits)
    assert all(value_faults(field, value) for value in does_not)


def test_a_file_that_need_not_exist_needs_a_folder(tmp_path, monkeypatch):
    field = next(field for field in FIELDS if field.kind is Kind.NEW_FILE)
    monkeypatch.chdir(tmp_path)
    for fits in ("new", "./new", str(tmp_path / "new"), "../new"):
        assert value_faults(field, fits) == []
    for does_not in (".", str(tmp_path), "missing/new", "/"):
        assert value_faults(field, does_not) == ["must be a file in a folder that exists"]


@table(
    ("given", "over_get"),
    [
        ({"protocol": "http-get"}, True),
        ({"protocol": "http-get", "http_verb": "GET"}, True),
        ({"protocol": "http-post"}, False),
        ({"protocol": "http-post", "http_verb": "GET"}, False),
        ({"protocol": "basic"}, False),
        ({"protocol": "basic", "http_verb": "GET"}, True),
    ],
)
def test_which_settings_lead_over_get(given, over_get):
    assert Settings(**GOOD, **given).over_get is over_get


def test_values_are_wrapped_before_a_traceback_can_print_them():
    given = wrap_secrets({"password": b"hunter2", "pasword": "hunter2", "base_url": "https://x.example/hunter2"})
    assert given["password"] == Misfit("bytes")
    assert given["pasword"] == Secret("hunter2")
    assert type(given["base_url"]) is type(origin_only("https://x.example/"))
    assert "hunter2" not in repr(given)
    description = wrap_secrets({"soap_wsdl": "https://x.example/hunter2"})
    assert "hunter2" not in repr(description)
    assert repr(wrap_secrets({"soap_wsdl": "a/hunter2.wsdl"})) == "{'soap_wsdl': 'a/hunter2.wsdl'}"


@table("given", [7, b"a", ["a"], Settings, {"user": "u"}])
def test_what_can_be_no_settings_is_refused_as_soon_as_it_is_given(given):
    with pytest.raises(ConfigurationError, match="settings are a Settings"):
        connect(given)


def test_an_empty_name_of_a_profile_is_not_taken_for_the_default_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "afilnet.toml"
    file.write_text('default_profile = "shop"\n[profiles.shop]\nuser = "user"\npassword = "password"\n')
    file.chmod(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(file))
    with pytest.raises(ConfigurationError, match="name of the profile is empty"):
        connect("")
    with connect() as chat, connect(None) as same:
        assert type(chat) is type(same)
    monkeypatch.setenv("AFILNET_PROFILE", "")
    connect().close()


def test_an_unknown_protocol_is_told_with_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "afilnet.toml"
    file.write_text('[profiles.shop]\nprotocol = "sopa"\nuser = "user"\npassword = "password"\n')
    file.chmod(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(file))
    with pytest.raises(ConfigurationError, match=r"^protocol 'sopa' \(profile shop in .*afilnet.toml\) is unknown"):
        connect("shop")
    with pytest.raises(ConfigurationError, match=r"^protocol 'sop' is unknown"):
        connect("shop", protocol="sop")


def test_a_class_of_settings_has_what_a_dataclass_of_its_kind_has():
    assert Settings.__dataclass_params__.frozen
    assert not Settings.__dataclass_params__.init
    assert all(field.kw_only for field in dataclasses.fields(Settings))


@table(
    ("name", "known"),
    [
        ("api_key", True),
        ("apiKey", True),
        ("ApiKey", True),
        ("API_KEY", True),
        ("api-key", True),
        ("APIKEY", True),
        ("maxRetries", True),
        ("nothing", False),
        ("", False),
    ],
)
def test_a_foreign_name_is_known_in_each_of_its_spellings(name, known):
    assert (foreign_names.foreign(name) is not None) is known


# Files with secrets


def test_a_file_is_closed_again(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("x")
    closed, close = [], os.close
    monkeypatch.setattr(os, "close", lambda number: (closed.append(number), close(number)))
    private_file.read_file(tmp_path / "secret", named_by="x", limit=10)
    private_file_of_a_folder_is_refused(tmp_path)
    assert len(closed) == 2


def private_file_of_a_folder_is_refused(folder):
    with pytest.raises(ConfigurationError, match=r"x: the file .* is not a regular file"):
        private_file.read_file(folder, named_by="x", limit=10)


@table(
    ("content", "mode", "hint"),
    [
        (b"", 0o600, "X: the file .* is empty$"),
        (b"\n", 0o600, "X: the file .* is empty$"),
        (b"\xff", 0o600, "X: the file .* is not UTF-8 text$"),
        (b"x", 0o640, r"X: the file .* holds a secret but is open to other users \(mode 0640\)"),
    ],
)
def test_a_file_without_a_secret_for_us_is_named(tmp_path, content, mode, hint):
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=hint):
        private_file.read_private(path, named_by="X")
    path.chmod(0o600)


def test_rights_of_a_group_are_no_harm_only_where_that_is_said(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0o640)
    assert private_file.read_private(path, named_by="X", group_may_read=True) == "x"
    opened = private_file.read_file(path, named_by="X", limit=10)
    with pytest.raises(ConfigurationError, match="open to other users"):
        private_file.refuse_if_exposed(path, opened, named_by="X")


@table(("owner", "may"), [(0, True), (4242, True), (1, False), (4243, False)])
def test_a_file_is_one_s_own_or_that_of_root(monkeypatch, owner, may):
    monkeypatch.setattr(private_file.os, "geteuid", lambda: 4242)
    opened = private_file.Opened()
    opened.status = os.stat_result((0o100600, 1, 1, 1, owner, 0, 0, 0, 0, 0))
    if may:
        private_file.refuse_if_foreign("x", opened, named_by="X")
    else:
        with pytest.raises(ConfigurationError, match=f"belongs to another user .uid {owner}."):
            private_file.refuse_if_foreign("x", opened, named_by="X")


def test_what_was_not_opened_is_not_judged(tmp_path):
    with pytest.raises(ConfigurationError, match="a file must be opened"):
        private_file.refuse_if_foreign(tmp_path, private_file.Opened(), named_by="X")


def test_a_path_that_no_system_takes_is_refused_as_any_other(tmp_path):
    with pytest.raises(ConfigurationError, match=r"cannot be read \(.*embedded null (byte|character)"):
        private_file.read_file(f"{tmp_path}/a\0b", named_by="X", limit=10)
