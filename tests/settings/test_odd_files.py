"""Settings files as people write them: what TOML allows is read, and what is refused is told in a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings import private_file, secret_reference, value_faults
from afilnet_protocols.suggestion import LONGEST_PATH
from tests.settings.test_sources import PASSWORD, Place
from tests.tables import table

LONG = 50_000
"""How long a word is that no message repeats whole."""

LONGEST_MESSAGE = 1_500
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


def made(root: Path, text: str | bytes = "", *, mode: int = 0o600) -> Place:
    """Return a new place with a settings file, in whose environment credentials stand."""
    at = root / str(len(list(root.iterdir())))
    at.mkdir()
    place = Place(at)
    place.environ |= {"AFILNET_USER": "someone", "AFILNET_PASSWORD": PASSWORD}
    if text:
        path = place.user_folder / "afilnet.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
    return place


def refusal(place: Place, profile: str | None = "a") -> str:
    told = place.refusal(profile)
    assert len(told) < LONGEST_MESSAGE
    return told


A = "[profiles.a]\n"
LINKS = "".join(f"[profiles.p{number}]\nextends = 'p{number + 1}'\n" for number in range(2000))


@table(
    ("written", "profile", "timeout"),
    [
        (b"[profiles.a]\r\ntimeout = 5\r\n", "a", 5.0),
        (b"\xef\xbb\xbf[profiles.a]\ntimeout = 5\n", "a", 5.0),
        (b"\xef\xbb\xbf[profiles.a]\r\ntimeout = 5\r\n", "a", 5.0),
        ("profiles.a.timeout = 7\n", "a", 7.0),
        ("profiles = {a = {timeout = 7}}\n", "a", 7.0),
        ('[profiles."a.b"]\n"timeout" = 7\n', "a.b", 7.0),
        ('[profiles."a b"]\ntimeout = 7\n', "a b", 7.0),
        (A + "timeout = 0x10\n", "a", 16.0),
        (A + "timeout = 1_000\n", "a", 1000.0),
        (A + "timeout = 2e1\n", "a", 20.0),
        (A + "timeout = 86400\n", "a", 86400.0),
        (A + "timeout = 1e-3\n", "a", 0.001),
        ("# nothing\n", None, 30.0),
        (A + "[profiles.b]\ntime_out = 3\n", "a", 30.0),
        (LINKS + "[profiles.p2000]\ntimeout = 5\n", "p0", 5.0),
    ],
)
def test_what_toml_allows_is_read(tmp_path, written, profile, timeout):
    assert made(tmp_path, written).resolve(profile).settings.timeout == timeout


@table(
    ("written", "hint"),
    [
        (b"[profiles.a]\rtimeout = 5\r", "not valid TOML"),
        ("[profiles.a]\n".encode("utf-16"), "not valid TOML: it is not UTF-8"),
        ("[profiles.a]\nuser='ñ'\n".encode("latin-1"), "not valid TOML: it is not UTF-8"),
        (b"[profiles.a]\n\0", "not valid TOML"),
        (A + "timeout = 1\n[profiles.a]\n", "not valid TOML (at line 3"),
        (A + "timeout = 1\ntimeout = 2\n", "not valid TOML (at line 3"),
        ("a = " + "[" * 5000 + "]" * 5000, "it is nested too deeply"),
        (b"#" + b"x" * (1 << 20), "is longer than 1048576 bytes"),
        ("[[profiles]]\nname = 'a'\n", "as [profiles.prod]"),
        ("[[profiles.a]]\n", "as [profiles.prod]"),
        ("[profiles.a.b]\ntimeout = 7\n", "unknown key 'b'"),
        # What stands at the top and belongs further down is told where.
        ("base_url = 'https://a.example'\n", "unknown key 'base_url'; a setting stands in a profile"),
        ("[prod]\ntimeout = 3\n", "unknown key 'prod'; a profile is written as [profiles.prod]"),
        (
            "[migration]\nmode = 'shadow'\n",
            "unknown key 'migration'; it stands in a profile, as [profiles.prod.migration]",
        ),
        ("[profile.a]\n", "did you mean 'profiles'?"),
        ("nothing = 3\n", "known are default_profile, profiles"),
        (A + "user = ['a']\n[profiles.a.migration]\n", "must be text, not list"),
        (A + "timeout = 2026-01-01\n", "must be a number of seconds, not date"),
        (A + "timeout = 07:32:00\n", "must be a number of seconds, not time"),
        (A + "timeout = '30s'\n", "must be a number of seconds, not '30s'"),
        (A + "timeout = -0.0\n", "must be more than 0"),
        (A + "timeout = 86400.5\n", "at most 86400 seconds"),
        (A + "unique_get = 'true'\n", "must be true or false, not 'true'"),
        (A + "unique_get = 1\n", "must be true or false, not 1"),
        (A + "max_connections = 4.0\n", "must be a whole number from 1 to 10,000, not 4.0"),
        (A + "max_connections = 0\n", "must be a whole number from 1 to 10,000, not 0"),
        (A + "max_connections = 10_001\n", "must be a whole number from 1 to 10,000, not 10001"),
        (A + "require = ['tls13', 13]\n", "must be a list of names, not with 13 in it"),
        (A + "require = 'tls13'\n", "must be a list of names, not 'tls13'"),
        (A + "require = { tls13 = true }\n", "must be a list of names, not a table"),
        (A + "require = ['tls13', '']\n", "holds an empty name: perhaps a comma too many"),
        (A + "extends = ['b']\n", "extends must be the name of a profile in this file"),
        (A + f"extends = 0x{'f' * 4500}\n", "extends must be the name of a profile in this file"),
        (A + "extends = ''\n", "extends '', which is not in this file"),
        (A + "extends = 'Base'\n[profiles.base]\n", "did you mean 'base'?"),
        (A + f"timeout = 0x{'f' * 4500}\n", "at most 86400 seconds, not so long a number"),
        (A + "extends = 'b'\n[profiles.b]\ntime_out = 3\n", "profile b in "),
        (A + "base-url = 'x'\n", "did you mean 'base_url'?"),
        (A + "AFILNET_TIMEOUT = 3\n", "did you mean 'timeout'?"),
        (A + "AFILNET_PASSWORD_FILE = 'x'\n", "write password = { file = … }"),
        (A + "password_file = 'x'\n", "unknown key 'password_file'; write password = { file = … }"),
        (A + "client_key_env = 'x'\n", "unknown key 'client_key_env'; write client_key = { env = … }"),
        (A + "timeout_file = 'x'\n", "unknown key 'timeout_file'; did you mean"),
        (A + "proxy = ''\n", "proxy (profile a in"),
        (A + "delivery = 'exactly_once'\n", "reconcile, at_least_once, not 'exactly_once'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(tmp_path, written, hint):
    place = made(tmp_path, written)
    if "user = " in str(written):
        del place.environ["AFILNET_USER"]
    assert hint in refusal(place)


def test_to_whom_exactly_once_matters_at_least_once_is_not_suggested(tmp_path):
    assert "did you mean" not in refusal(made(tmp_path, A + "delivery = 'exactly_once'\n"))
    assert "did you mean 'at_least_once'?" in refusal(made(tmp_path, A + "delivery = 'atleast_once'\n"))


@table(
    ("written", "profile"),
    [
        (A + "x" * LONG + " = 1\n", "a"),
        ("x" * LONG + " = 1\n", "a"),
        ("x" * LONG + ".y = 1\n", "a"),
        (A, "x" * LONG),
        (f"[profiles.{'x' * LONG}]\ntimeout = 'a'\n", "x" * LONG),
        (f"default_profile = '{'x' * LONG}'\n", None),
        (A + f"extends = '{'x' * LONG}'\n", "a"),
        (f"[profiles.{'x' * LONG}]\n" + A + f"extends = '{'x' * LONG}y'\n", "a"),
        ("".join(f"[profiles.p{n}]\n" for n in range(5000)), "zz"),
        *(
            (A + f"client_secret = {{ {form} = {value} }}\n", "a")
            for form, value in (
                *((each, f"'{'x' * LONG}'") for each in ("env", "file", "credential", "x" * LONG)),
                ("keyring", f"'a/{'x' * LONG}'"),
                ("command", f"['{'x' * LONG}']"),
            )
        ),
    ],
)
def test_no_message_repeats_a_long_word_whole(tmp_path, written, profile):
    refusal(made(tmp_path, written), profile)


def test_a_profile_s_name_breaks_no_line_of_a_message(tmp_path):
    told = refusal(made(tmp_path, '[profiles."a\\nb\\u001b"]\ntimeout = "x"\n'), "a\nb\x1b")
    assert told.startswith("timeout (profile 'a\\nb\\x1b' in ")


@table("form", ["env", "file", "credential", "keyring", "command"])
def test_a_key_that_was_pasted_where_its_place_belongs_is_not_shown(tmp_path, form):
    pasted = {"keyring": f"'''a/{KEY}'''", "command": f"['''{KEY}''']"}.get(form, f"'''{KEY}'''")
    told = refusal(made(tmp_path, A + f"client_key = {{ {form} = {pasted} }}\n"))
    assert "client_key" in told
    assert "MIIE" not in told


@table("pasted", [KEY, KEY.replace("\n", " "), KEY.replace("\n", "\r"), "eyJhbGciOiJSUzI1NiJ9." + "MIIE" * 80])
@table("name", ["AFILNET_CLIENT_KEY_FILE", "AFILNET_REFRESH_TOKEN_FILE"])
def test_a_secret_in_the_variable_for_its_file_is_not_shown(tmp_path, name, pasted):
    place = made(tmp_path)
    place.environ[name] = pasted
    told = refusal(place, None)
    assert told.startswith(f"{name}: the file (not shown: ")
    assert "MIIE" not in told


@table("pasted", ["correct-horse-battery", "correct horse", "pass/word/correct", "~correct"])
def test_nor_is_a_password_that_names_nothing_here(tmp_path, pasted):
    place = made(tmp_path)
    place.environ["AFILNET_CLIENT_SECRET_FILE"] = pasted
    told = refusal(place, None)
    assert told.startswith("AFILNET_CLIENT_SECRET_FILE: the file (not shown: it may be the secret itself")
    assert "correct" not in told


def test_a_path_that_is_near_something_is_shown(tmp_path):
    place = made(tmp_path)
    for near in (str(tmp_path / "missing"), "./missing"):
        place.environ["AFILNET_CLIENT_SECRET_FILE"] = near
        assert "/missing' cannot be read (No such file or directory)" in refusal(place, None)


def test_sabotage_a_build_that_shows_whatever_was_given_as_a_path_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(private_file, "shown_path", repr)
    monkeypatch.setattr("afilnet_protocols.settings.environment._may_be_the_secret", lambda *_: False)
    place = made(tmp_path)
    place.environ["AFILNET_CLIENT_KEY_FILE"] = KEY
    assert "MIIE" in refusal(place, None)


@table("path", ["/run/secrets/afilnet", "secret", "~/x/" + "y" * 255, "/" + "/".join(["z" * 90] * 20)])
def test_what_can_be_a_path_is_shown(path):
    shown = private_file.shown_path(path)
    assert shown == (repr(path) if len(path) <= LONGEST_PATH else repr(f"{path[: LONGEST_PATH - 1]}…"))


@table("text", ["y" * 256, "/run/" + "y" * 256, "a\nb", "a\rb", "PRIVATE KEY"])
def test_what_can_be_none_is_not(text):
    assert private_file.shown_path(text).startswith("(not shown: ")


@table("state", ["", 7, ["s"]])
def test_what_is_no_path_in_a_table_of_a_migration_is_left_for_it_to_refuse(tmp_path, state):
    text = A + f"[profiles.a.migration]\nstate = {state!r}\n"
    assert made(tmp_path, text).resolve("a").migration == {"state": state}


def test_a_whole_assignment_is_no_name_of_a_variable(tmp_path):
    told = refusal(made(tmp_path, A + "client_secret = { env = 'SECRET=hunter2hunter2' }\n"))
    assert "env must be the name of a variable" in told
    assert "hunter2" not in told
    assert "variable SECRET is not set" in refusal(made(tmp_path, A + "client_secret = { env = 'SECRET' }\n"))


# What stands where a file should


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    path.symlink_to(path.name)


@table(
    ("put", "hint"),
    [
        (as_pipe, "not a regular file"),
        (Path.mkdir, "not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
        (as_loop, "Too many levels"),
    ],
)
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, put: Callable[[Path], None], hint: str) -> None:
    own = made(tmp_path)
    put(own.user_folder / "afilnet.toml")
    assert hint in refusal(own, None)
    secret = made(tmp_path)
    put(secret.cwd / "secret")
    secret.environ |= {"AFILNET_CLIENT_SECRET_FILE": "secret"}
    assert hint in refusal(secret, None)


@table(
    ("named", "hint"),
    [
        ("missing.toml", "AFILNET_CONFIG names no file that exists: 'missing.toml'"),
        (".", "AFILNET_CONFIG names something else than a file: '.'"),
        ("/dev/null", "AFILNET_CONFIG names something else than a file: '/dev/null'"),
        (" ", "AFILNET_CONFIG names no file that exists: ' '"),
        ("/" + "x" * LONG, "AFILNET_CONFIG names no file that exists: (not shown"),
    ],
)
def test_a_variable_that_names_no_file_is_told_what_it_names(tmp_path, named, hint):
    place = made(tmp_path)
    place.environ["AFILNET_CONFIG"] = named
    assert hint in refusal(place, None)


def test_beside_a_link_to_nothing_it_is_told_that_what_lies_here_is_not_read(tmp_path):
    place = made(tmp_path)
    (place.user_folder / "afilnet.toml").symlink_to("nowhere")
    (place.cwd / "afilnet.toml").write_text(A)
    resolved = place.resolve()
    assert resolved.unread == str(place.cwd / "afilnet.toml")
    assert "set AFILNET_CONFIG=./afilnet.toml" in str(resolved.hint())


def test_paths_start_from_where_a_linked_file_lies_and_not_from_what_it_links_to(tmp_path):
    place = made(tmp_path)
    (place.cwd / "real.toml").write_text(A + "ca_file = 'ca'\n")
    (place.user_folder / "ca").write_text("here")
    (place.user_folder / "afilnet.toml").symlink_to(place.cwd / "real.toml")
    assert place.resolve("a").values["ca_file"] == str(place.user_folder / "ca")


@table("secret", ["password", "client_secret", "client_key", "refresh_token", "proxy_password"])
def test_no_secret_is_taken_from_a_file_that_others_can_read(tmp_path, secret):
    text = A + f"{secret} = 'hush'\n"
    assert "is open to other users" in refusal(made(tmp_path, text, mode=0o640))
    assert "is open to other users" in refusal(made(tmp_path, text, mode=0o604))


def test_a_profile_in_a_file_that_cannot_be_read_is_not_said_to_be_missing(tmp_path):
    place = made(tmp_path, A)
    (place.cwd / "x.toml").write_text("[[[")
    place.environ["AFILNET_CONFIG"] = "x.toml"
    assert "x.toml is not valid TOML" in refusal(place)


# A working folder that was removed


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Stand in a folder that is gone, as a program does whose release was replaced."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


def test_a_removed_working_folder_stops_nobody(nowhere, tmp_path, monkeypatch):
    from afilnet_protocols import connect

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    (tmp_path / "own" / "afilnet").mkdir(parents=True)
    own = tmp_path / "own" / "afilnet" / "afilnet.toml"
    own.write_text(
        "[profiles.b]\n[profiles.a]\nuser = 'u'\npassword = 'p'\n"
        "[profiles.a.migration]\nmode = 'shadow'\ncandidate = 'b'\n"
    )
    own.chmod(0o600)
    with connect(user="u", password="p") as chat, connect("a") as shadow:
        assert (str(chat), type(shadow).__name__) == ("<HttpPostBackend http-post>", "ShadowChat")
    monkeypatch.setenv("AFILNET_PASSWORD_FILE", "pw")
    with pytest.raises(ConfigurationError, match=r"AFILNET_PASSWORD_FILE: the file .* cannot be read \(No such file"):
        connect(user="u")


def test_sabotage_a_build_that_has_to_know_where_it_stands_is_found(nowhere, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.settings.sources.working_folder", os.getcwd)
    from afilnet_protocols.settings.sources import resolve

    with pytest.raises(FileNotFoundError):
        resolve(None, {}, environ={})


# Limits, on either side of them


@table(("length", "hint"), [(64 * 1024, None), (64 * 1024 + 1, "is longer than 65536 bytes")])
def test_a_secret_file_has_a_longest_length(tmp_path, length, hint):
    place = made(tmp_path)
    del place.environ["AFILNET_PASSWORD"]
    (place.cwd / "secret").write_text("x" * length)
    (place.cwd / "secret").chmod(0o600)
    place.environ["AFILNET_PASSWORD_FILE"] = "secret"
    if hint is None:
        assert len(place.resolve().settings.password.reveal()) == length
    else:
        assert hint in refusal(place, None)


@table(("length", "hint"), [(1 << 20, None), ((1 << 20) + 1, "is longer than 1048576 bytes")])
def test_a_settings_file_has_a_longest_length(tmp_path, length, hint):
    place = made(tmp_path, (A + "#").ljust(length, "x"))
    if hint is None:
        assert place.resolve("a").profile == "a"
    else:
        assert hint in refusal(place)


def test_a_certificate_file_has_a_longest_length(tmp_path, monkeypatch):
    assert value_faults._FILE_LIMIT == 16 * 1024 * 1024
    monkeypatch.setattr(value_faults, "_FILE_LIMIT", 3)
    for content, fits in (("abc", True), ("abcd", False)):
        place = made(tmp_path)
        (place.cwd / "ca.pem").write_text(content)
        place.environ["AFILNET_CA_FILE"] = str(place.cwd / "ca.pem")
        if fits:
            assert place.resolve().settings.ca_file
        else:
            assert "is longer than 3 bytes" in refusal(place, None)


@table(
    ("command", "hint"),
    [
        ("['head', '-c', '70000', '/dev/zero']", "printed nothing that is a secret"),
        ("['printf', 'a\\tb']", "control character"),
        ("['sh', '-c', 'kill -9 $$']", "ended with status -9"),
        ("['./no-program']", "cannot be run: No such file or directory"),
        ("['./afilnet.toml']", "cannot be run: Permission denied"),
        ("['afilnet-no-such-program']", "cannot be run: it is in none of the absolute folders of PATH"),
        ('["printf", "a\\u0000"]', "cannot be run: it, or an argument of it, holds a NUL"),
    ],
)
def test_a_program_that_prints_no_secret_is_refused(tmp_path, command, hint):
    assert hint in refusal(made(tmp_path, A + f"client_secret = {{ command = {command} }}\n"))


def test_a_program_of_no_absolute_folder_is_not_run(tmp_path):
    for path in ("", ".:bin"):
        place = made(tmp_path, A + "client_secret = { command = ['p'] }\n")
        (place.user_folder / "p").write_text("#!/bin/sh\necho x\n")
        (place.user_folder / "p").chmod(0o700)
        place.environ["PATH"] = path
        assert "cannot be run" in refusal(place)


def test_a_program_beside_the_file_is_run_in_its_folder(tmp_path):
    place = made(tmp_path, A + "client_secret = { command = ['./p'] }\n")
    (place.user_folder / "p").write_text("#!/bin/sh\npwd\n")
    (place.user_folder / "p").chmod(0o700)
    assert place.resolve("a").values["client_secret"].reveal() == str(place.user_folder)


@table("command", ["[]", "['']", "['true', '']", "[1]", "['true', 1]", "7", "'true'"])
def test_a_program_is_a_list_of_texts_that_are_not_empty(tmp_path, command):
    assert "command must be a list of a program and its arguments" in refusal(
        made(tmp_path, A + f"client_secret = {{ command = {command} }}\n")
    )


def test_a_program_prints_no_more_than_a_secret(tmp_path, monkeypatch):
    monkeypatch.setattr(secret_reference, "SECRET_LIMIT", 3)
    place = made(tmp_path, A + "client_secret = { command = ['printf', 'abc'] }\n")
    assert place.resolve("a").values["client_secret"].reveal() == "abc"
    assert "printed nothing that is a secret" in refusal(
        made(tmp_path, A + "client_secret = { command = ['printf', 'abcd'] }\n")
    )


def test_a_program_has_a_minute():
    assert secret_reference.COMMAND_SECONDS == 60
