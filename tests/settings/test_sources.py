"""Where settings come from: precedence, profiles, secrets by reference, and what is refused on the way."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import Outbox
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, Settings
from afilnet_protocols.settings.environment import variables
from afilnet_protocols.settings.sources import Resolved, resolve
from tests.tables import table

PASSWORD = "correct horse battery"


class Place:
    """A working directory, a user's folder and an environment of one's own."""

    def __init__(self, root: Path) -> None:
        self.cwd, self.user_folder = root / "cwd", root / "user"
        self.cwd.mkdir()
        self.user_folder.mkdir()
        self.environ: dict[str, str] = {"PATH": os.environ["PATH"]}

    def write(self, text: str, *, where: Path | None = None, name: str = "afilnet.toml", mode: int = 0o600) -> Path:
        path = (where or (self.user_folder if name == "afilnet.toml" else self.cwd)) / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def resolve(self, profile: str | None = None, **overrides: object) -> Resolved:
        return resolve(profile, overrides, environ=self.environ, cwd=self.cwd, user_folder=self.user_folder)

    def refusal(self, profile: str | None = None, **overrides: object) -> str:
        with pytest.raises(ConfigurationError) as caught:
            _ = self.resolve(profile, **overrides).settings
        assert caught.value.__context__ is None
        assert PASSWORD not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# Precedence

LEVELS = ("keyword", "environment", "config", "user", "default")


def _arranged(place: Place, sources: set[str]) -> Resolved:
    """Give ``timeout`` in each of the sources, a value of its own in each."""
    profile = None
    place.write("default_profile = 'p'\n[profiles.p]\ntimeout = 9\n", where=place.cwd)
    for number, source in enumerate(("config", "user"), start=3):
        if source in sources:
            profile = "p"
            folder = {"config": place.cwd.parent, "user": place.user_folder}[source]
            path = place.write(f"[profiles.p]\ntimeout = {number}\n", where=folder)
            if source == "config":
                place.environ["AFILNET_CONFIG"] = str(path)
    if "environment" in sources:
        place.environ["AFILNET_TIMEOUT"] = "2"
    return place.resolve(profile, **({"timeout": 1} if "keyword" in sources else {}))


@given(sources=st.sets(st.sampled_from(LEVELS[:-1])))
def test_the_highest_source_that_gives_a_value_wins(tmp_path_factory, sources):
    resolved = _arranged(Place(tmp_path_factory.mktemp("place")), sources)
    winner = min((LEVELS.index(source) for source in sources), default=4)
    assert resolved.values["timeout"] == (30.0 if winner == 4 else winner + 1)
    kinds = ("keyword", "environment", "profile", "profile", "default")
    assert resolved.origins["timeout"].source == kinds[winner]


def test_the_origin_says_where_a_value_came_from(place):
    place.write('[profiles.base]\nuser = "someone"\n[profiles.prod]\nextends = "base"\ntimeout = 5\n')
    place.environ["AFILNET_BASE_URL"] = "https://a.example"
    place.environ["AFILNET_PROFILE"] = "prod"
    resolved = place.resolve(scope="chat")
    assert {name: str(resolved.origins[name]) for name in ("user", "timeout", "base_url", "scope", "grant")} == {
        "user": f"profile base in {place.user_folder}/afilnet.toml",
        "timeout": f"profile prod in {place.user_folder}/afilnet.toml",
        "base_url": "environment AFILNET_BASE_URL",
        "scope": "keyword argument",
        "grant": "default",
    }
    assert resolved.profile == "prod"


def test_a_refusal_says_where_the_value_came_from(place):
    place.environ |= {"AFILNET_USER": "u", "AFILNET_PASSWORD": PASSWORD, "AFILNET_TIMEOUT": "soon"}
    assert place.refusal().startswith("timeout (environment AFILNET_TIMEOUT) must be a number of seconds, not 'soon'")


CHOSEN = {"protocol": "json", "token_auth": "mtls", "grant": "refresh_token"}
"""Settings whose values make others compulsory."""


@table("name", CHOSEN)
def test_what_makes_a_setting_compulsory_is_told_with_its_source(place, name):
    """Who has not written it here wonders why ``client_id`` is needed at all."""
    others = {other: value for other, value in CHOSEN.items() if other != name}
    said = f"{name} comes from"
    assert said not in place.refusal(**CHOSEN)
    place.environ[f"AFILNET_{name.upper()}"] = CHOSEN[name]
    assert place.refusal(**others).endswith(f" ({said} environment AFILNET_{name.upper()})")
    del place.environ[f"AFILNET_{name.upper()}"]
    place.write(f'default_profile = "x"\n[profiles.x]\n{name} = "{CHOSEN[name]}"')
    assert f"({said} profile x in " in place.refusal(**others)


@table("field", FIELDS, ids=lambda field: field.name)
def test_every_setting_can_be_given_by_its_variable(place, field):
    text = {"seconds": "5", "count": "3", "flag": "true", "names": "tls13, pin"}.get(field.kind, "text")
    place.environ = {field.variable: text}
    value = place.resolve().values[field.name]
    expected = {"seconds": 5.0, "count": 3, "flag": True, "names": ("tls13", "pin"), "secret": Secret("text")}
    is_file = field.kind in ("file", "file_or_url", "new_file")
    assert value == (str(place.cwd / "text") if is_file else expected.get(field.kind, "text"))


def test_none_means_not_given(place):
    place.environ["AFILNET_SCOPE"] = "chat"
    assert place.resolve(scope=None).values["scope"] == "chat"


def test_the_lowest_source_of_all_is_the_default(place):
    resolved = place.resolve()
    assert resolved.values == {field.name: field.default for field in FIELDS}
    assert {origin.source for origin in resolved.origins.values()} == {"default"}


# Credentials given as keyword arguments win entirely


def test_a_secret_by_keyword_shuts_out_the_environment_s_credentials(place):
    place.environ |= {"AFILNET_USER": "other", "AFILNET_CLIENT_SECRET": "other", "AFILNET_PASSWORD_FILE": "/nowhere"}
    resolved = place.resolve(password=PASSWORD)
    assert resolved.values["password"] == Secret(PASSWORD)
    assert resolved.values["user"] is None
    assert resolved.values["client_secret"] is None


def test_a_user_by_keyword_alone_takes_the_password_from_elsewhere(place):
    place.environ["AFILNET_PASSWORD"] = PASSWORD
    assert place.resolve(user="me").settings.password == Secret(PASSWORD)


# Environment


def test_an_unknown_variable_of_ours_is_refused_with_a_suggestion(place):
    place.environ["AFILNET_PASWORD"] = PASSWORD
    assert "did you mean 'AFILNET_PASSWORD'?" in place.refusal()
    del place.environ["AFILNET_PASWORD"]
    place.environ["AFILNET_TIMEOUT_FILE"] = "x"
    assert "unknown environment variable AFILNET_TIMEOUT_FILE" in place.refusal()


def test_an_empty_variable_counts_as_absent_and_is_named(place):
    place.write("default_profile = 'a'\n[profiles.a]\nscope = 'chat'\n")
    plain = place.resolve()
    names = sorted({*variables(FIELDS), "AFILNET_PROFILE", "AFILNET_CONFIG"})
    place.environ |= dict.fromkeys(names, "")
    resolved = place.resolve()
    assert (resolved.values, resolved.origins, resolved.profile) == (plain.values, plain.origins, "a")
    assert (resolved.empty, resolved.faults) == (tuple(names), ())
    place.environ |= {"AFILNET_PASSWORD": PASSWORD, "AFILNET_PASWORD": "", "AFILNET_CA_BUNDLE": ""}
    assert place.resolve().values["password"] == Secret(PASSWORD)
    assert place.resolve().faults == ()


@pytest.mark.parametrize("name", ["PASSWORD", "CLIENT_SECRET"])
def test_a_secret_may_stand_in_a_file(place, name):
    path = place.write(f"{PASSWORD}\n", name="secret")
    place.environ[f"AFILNET_{name}_FILE"] = str(path)
    resolved = place.resolve()
    assert resolved.values[name.lower()] == Secret(PASSWORD)
    assert str(resolved.origins[name.lower()]) == f"environment AFILNET_{name}_FILE"


def test_a_tilde_in_a_variable_is_the_users_own_folder(place, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own").mkdir()
    for name in ("pw", "ca.pem"):
        path = tmp_path / "own" / name
        path.write_text(PASSWORD)
        path.chmod(0o600)
    place.environ |= {"AFILNET_PASSWORD_FILE": "~/own/pw", "AFILNET_CA_FILE": "~/own/ca.pem"}
    place.environ |= {"AFILNET_SOAP_WSDL": "https://example.com/~chat/wsdl", "AFILNET_TOKEN_CACHE": "~/own/tokens"}
    found = place.resolve()
    assert found.faults == ()
    assert found.values["password"] == Secret(PASSWORD)
    assert found.values["ca_file"] == str(tmp_path / "own" / "ca.pem")
    assert found.values["token_cache"] == str(tmp_path / "own" / "tokens")
    assert str(found.values["soap_wsdl"]) == "https://example.com/~chat/wsdl"


def test_a_secret_and_its_file_together_are_refused(place):
    place.environ |= {"AFILNET_PASSWORD": PASSWORD, "AFILNET_PASSWORD_FILE": str(place.write(PASSWORD, name="s"))}
    assert "AFILNET_PASSWORD and AFILNET_PASSWORD_FILE are both set" in place.refusal()


def test_a_byte_order_mark_of_a_command_or_a_profile_s_file_is_dropped(place):
    mark = r"\\357\\273\\277from there\\n"
    place.write(f'[profiles.a]\nuser = "u"\npassword = {{ command = ["printf", "{mark}"] }}\n')
    assert place.resolve("a").values["password"] == Secret("from there")


def test_a_mark_that_becomes_part_of_a_secret_would_be_found_out(place, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.settings.private_file.one_text", lambda content: content.decode())
    place.environ["AFILNET_PASSWORD_FILE"] = str(place.write("\ufeffa", name="secret"))
    assert place.resolve().values["password"] != Secret("a")


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        ("a b", "a b"),
        ("a\n", "a"),
        ("a\r\n", "a"),
        (" a ", " a "),
        ("a\n\n", "a\n"),
        ("ñ€\n", "ñ€"),
        ("\ufeffa\r\n", "a"),
        ("a\ufeff", "a\ufeff"),
    ],
)
def test_one_line_end_and_a_byte_order_mark_are_dropped_and_nothing_else(place, content, secret):
    path = place.cwd / "secret"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    place.environ["AFILNET_PASSWORD_FILE"] = "secret"
    assert place.resolve().values["password"] == Secret(secret)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"\xef\xbb\xbf\n", "empty"),
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * 70_000, "longer than"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(place, content, hint):
    path = place.cwd / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    place.environ["AFILNET_PASSWORD_FILE"] = "secret"
    assert hint in place.refusal()


# Files that others can read or write


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o620, 0o601])
def test_a_secret_file_open_to_others_is_refused(place, mode):
    path = place.write(PASSWORD, name="secret", mode=mode)
    place.environ["AFILNET_PASSWORD_FILE"] = str(path)
    text = place.refusal()
    assert f"{mode:04o}" in text
    assert "chmod 600" in text
    path.chmod(0o400)
    assert place.resolve().values["password"] == Secret(PASSWORD)


def test_what_counts_is_the_file_behind_a_link(place):
    target = place.write(PASSWORD, name="target", mode=0o644)
    (place.cwd / "link").symlink_to(target)
    place.environ["AFILNET_PASSWORD_FILE"] = "link"
    assert "0644" in place.refusal()
    target.chmod(0o600)
    assert place.resolve().values["password"] == Secret(PASSWORD)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644])
@pytest.mark.parametrize("key", ["password", "client_secret"])
def test_a_profile_file_with_a_literal_secret_that_others_can_read_is_refused(place, mode, key):
    text = f'[profiles.a]\ntimeout = 5\n[profiles.b]\n{key} = "{PASSWORD}"\n'
    place.write(text, mode=mode)
    assert "chmod 600" in place.refusal("a")
    place.write(text, mode=0o600)
    assert place.resolve("b").values[key] == Secret(PASSWORD)


def test_a_profile_file_without_secrets_may_be_readable_but_not_writable_by_everybody(place):
    text = '[profiles.a]\nuser = "u"\npassword = { env = "X" }\n'
    place.environ["X"] = PASSWORD
    place.write(text, mode=0o644)
    assert place.resolve("a").settings.user == "u"
    place.write(text, mode=0o666)
    assert "chmod o-w" in place.refusal("a")


def test_a_file_of_another_user_is_refused(place, monkeypatch):
    place.write('[profiles.a]\nuser = "u"\n')
    owner = place.cwd.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:  # root's files are trusted, so this one has to be given away first
        os.chown(place.user_folder / "afilnet.toml", 4242, -1)
    assert "belongs to another user" in place.refusal("a")


def test_a_command_is_not_taken_from_a_file_that_its_group_can_write(place):
    text = '[profiles.a]\nuser = "u"\npassword = { command = ["printf", "%s", "from a command"] }\n'
    place.write(text, mode=0o664)
    assert "chmod g-w" in place.refusal("a")
    place.write(text, mode=0o644)
    assert place.resolve("a").values["password"] == Secret("from a command")


# Profiles


def test_the_profile_is_the_argument_s_then_the_environment_s_then_the_default(place):
    place.write("default_profile = 'c'\n" + "".join(f"[profiles.{name}]\nscope = '{name}'\n" for name in "abc"))
    assert place.resolve().profile == "c"
    place.environ["AFILNET_PROFILE"] = "b"
    assert place.resolve().profile == "b"
    assert place.resolve("a").values["scope"] == "a"


def test_a_profile_is_looked_for_in_each_file_in_turn(place):
    place.environ["AFILNET_CONFIG"] = str(place.write("[profiles.here]\ntimeout = 1\n", name="mine.toml"))
    place.write("[profiles.there]\ntimeout = 2\n")
    assert place.resolve("there").values["timeout"] == 2
    text = place.refusal("were")
    assert "did you mean 'here'" in text or "did you mean 'there'" in text
    assert "known are here, there" in place.refusal("zzz")


def test_a_profile_inherits_and_overrides(place):
    place.write("""
        [profiles.a]
        timeout = 1
        scope = "one"
        [profiles.b]
        extends = "a"
        scope = "two"
        [profiles.c]
        extends = "b"
        [profiles.c.migration]
        mode = "shadow"
        to = "json"
    """)
    resolved = place.resolve("c")
    assert (resolved.values["timeout"], resolved.values["scope"]) == (1, "two")
    assert resolved.migration == {"mode": "shadow", "to": "json"}
    assert place.resolve("b").migration == {}


def test_a_protocol_given_as_a_profile_is_told_apart(place: Place) -> None:
    without = place.refusal("soap")
    assert "your own folder has one); soap is a protocol: protocol='soap' in connect(), " in without
    place.write("[profiles.sop]\n")
    within = place.refusal("soap")
    assert "did you mean 'sop'? (looked in: " in within
    assert within.endswith(", --protocol soap on the command line, sandbox:soap as a target")
    assert "is a protocol" not in place.refusal("shop")


def test_a_tilde_that_nobody_has_replaced_is_told(tmp_path: Path) -> None:
    for written in ("~/ca.pem", str(tmp_path / "~" / "ca.pem")):
        with pytest.raises(ConfigurationError, match="expanduser"):
            Settings(protocol="http-post", user="u", password=PASSWORD, ca_file=written)
    with pytest.raises(ConfigurationError, match="expanduser"):
        Outbox(tmp_path / "~" / "box.db")
    with pytest.raises(ConfigurationError) as refused:
        Settings(protocol="http-post", user="u", password=PASSWORD, ca_file=str(tmp_path / "ca~1.pem"))
    assert "expanduser" not in str(refused.value)


@table(
    ("text", "hint"),
    [
        ("profiles = 3", "as [profiles.prod]"),
        ("[profiles]\na = 3", "as [profiles.prod]"),
        ("[profile.a]\n", "did you mean 'profiles'"),
        ("default_profile = 3", "name of a profile"),
        ("default_profile = 'b'\n[profiles.a]", "unknown profile 'b' (default_profile in"),
        ("[profiles.a]\nextends = 'b'", "not in this file"),
        ("[profiles.a]\nextends = 3", "extends must be the name of a profile in this file"),
        ("[profiles.a]\nextends = 'b'\n[profiles.b]\nextends = 'a'", "extends itself"),
        ("[profiles.a]\ntime_out = 3", "did you mean 'timeout'"),
        ("[profiles.a]\nmigration = 3", "must be a table"),
        ("[profiles.a]\ntimeout = '3'", "must be a number of seconds, not '3'"),
        ("[profiles.a]\ntimeout.connect = 3", "must be a number of seconds, not a table"),
        ("[profiles.a]\nuser = ", "not valid TOML (at"),
        (f"[profiles.a]\ntimeout = 1{'0' * 5000}", "not valid TOML: it holds a number of too many digits"),
        ("[profiles.a]\npassword = 3", "must be text"),
        ("[profiles.a]\npassword = {}", "exactly one of env, file"),
        ("[profiles.a]\npassword = { env = 'A', file = 'B' }", "exactly one of"),
        ("[profiles.a]\npassword = { vault = 'A' }", "unknown form 'vault'"),
        ("[profiles.a]\npassword = { files = 'A' }", "did you mean 'file'"),
        ("[profiles.a]\npassword = { env = '' }", "not empty"),
        ("[profiles.a]\npassword = { env = 'MISSING' }", "MISSING is not set"),
        ("[profiles.a]\npassword = { file = 'missing' }", "No such file"),
        ("[profiles.a]\npassword = { command = 'pass afilnet' }", "must be a list"),
        ("[profiles.a]\npassword = { command = ['false'] }", "ended with status 1"),
        ("[profiles.a]\npassword = { command = ['true'] }", "printed nothing"),
        ("[profiles.a]\npassword = { command = ['/no/such/program'] }", "cannot be run"),
        ("[profiles.a]\npassword = { credential = 'x' }", "CREDENTIALS_DIRECTORY"),
        ("[profiles.a]\npassword = { keyring = 'x' }", "service/user"),
    ],
)
def test_a_wrong_profile_file_is_refused_with_what_is_wrong(place, text, hint):
    place.write(text)
    name = None if text.startswith("default") else "a"
    refusal = place.refusal(name, **({} if "password" in text else {"user": "u", "password": PASSWORD}))
    assert hint in refusal


def test_a_config_variable_that_names_nothing_is_refused(place):
    place.environ["AFILNET_CONFIG"] = "missing.toml"
    assert "AFILNET_CONFIG names no file" in place.refusal()


def test_paths_in_a_profile_start_from_its_file(place):
    ca = place.write("ca", where=place.user_folder, name="ca.pem")
    secret = place.write(PASSWORD, where=place.user_folder, name="secret")
    place.write(
        "[profiles.a]\nca_file = 'ca.pem'\npassword = { file = 'secret' }\nsoap_wsdl = 'https://a.example/?wsdl'\n",
        where=place.user_folder,
    )
    resolved = place.resolve("a")
    assert resolved.values["ca_file"] == str(ca)
    assert resolved.values["soap_wsdl"] == "https://a.example/?wsdl"
    assert resolved.values["password"] == Secret(secret.read_text())


def test_a_secret_that_a_higher_source_gives_is_not_fetched(place):
    place.write("[profiles.a]\nuser = 'u'\npassword = { command = ['touch', 'ran'] }\n")
    assert place.resolve("a", password=PASSWORD).settings.password == Secret(PASSWORD)
    assert not list(place.cwd.parent.rglob("ran"))


# Secrets by reference


def test_a_systemd_credential_is_read_from_its_folder(place):
    folder = place.cwd / "credentials"
    folder.mkdir()
    place.environ["CREDENTIALS_DIRECTORY"] = str(folder)
    place.write(PASSWORD, where=folder, name="afilnet", mode=0o440)
    place.write("[profiles.a]\npassword = { credential = 'afilnet' }\n")
    assert place.resolve("a").values["password"] == Secret(PASSWORD)
    place.write("[profiles.a]\npassword = { credential = '../credentials/afilnet' }\n")
    assert "must be a name" in place.refusal("a")


def test_the_keyring_is_asked_by_service_and_user(place, monkeypatch):
    import sys
    import types

    ring = types.ModuleType("keyring")
    ring.get_password = lambda service, user: PASSWORD if (service, user) == ("afilnet/prod", "me") else None
    monkeypatch.setitem(sys.modules, "keyring", ring)
    place.write("[profiles.a]\npassword = { keyring = 'afilnet/prod/me' }\n")
    assert place.resolve("a").values["password"] == Secret(PASSWORD)
    place.write("[profiles.a]\npassword = { keyring = 'afilnet/prod/you' }\n")
    assert "no such entry" in place.refusal("a")
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "afilnet-protocols[keyring]" in place.refusal("a")


def test_a_command_that_hangs_is_given_up(place, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.settings.secret_reference.COMMAND_SECONDS", 0.2)
    place.write("[profiles.a]\npassword = { command = ['sleep', '30'] }\n")
    assert "took longer" in place.refusal("a")


# Nothing is shown


def test_nothing_resolved_shows_a_secret(place):
    place.write(f'[profiles.a]\nuser = "u"\npassword = "{PASSWORD}"\n')
    place.environ["AFILNET_CLIENT_SECRET"] = PASSWORD
    for resolved in (place.resolve("a"), place.resolve("a", password=PASSWORD)):
        assert PASSWORD not in repr(resolved)
        assert PASSWORD not in repr(resolved.settings)


def test_no_traceback_with_locals_shows_a_secret_of_a_file(place):
    import traceback

    secrets = ["x" * 20, "y" * 20]
    cases = [
        f'[profiles.a]\npasword = "{secrets[0]}"\nclient_secret = "{secrets[1]}"\n',
        f'[profiles.a]\npassword = "{secrets[0]}"\nextends = "{secrets[1]}"\n',
        f'[profiles.a]\npassword = "{secrets[0]}"\nclient_secret = "{secrets[1]}',
    ]
    for text in cases:
        place.write(text)
        with pytest.raises(ConfigurationError) as caught:
            _ = place.resolve("a").settings
        trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        for frame in trace.stack:
            if "afilnet_protocols" in frame.filename:
                assert secrets[0] not in str(frame.locals)


def test_a_check_of_the_mode_can_fail(place, monkeypatch):
    """Sabotage: with the check of modes gone, an open file is read."""
    monkeypatch.setattr(stat, "S_IRWXO", 0)
    monkeypatch.setattr(stat, "S_IRWXG", 0)
    place.environ["AFILNET_PASSWORD_FILE"] = str(place.write(PASSWORD, name="secret", mode=0o644))
    assert place.resolve().values["password"] == Secret(PASSWORD)
