"""A folder that somebody else has made says nothing: not where credentials go, what is run, or how safe is enough."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, profiles, sources
from afilnet_protocols.settings.fields import Kind
from afilnet_protocols.settings.sources import resolve

PASSWORD = "correct horse battery"
MINE = {"AFILNET_USER": "me", "AFILNET_PASSWORD": PASSWORD, "AFILNET_CLIENT_SECRET": PASSWORD}
PLACES = (
    "afilnet.toml",
    "afilnet/afilnet.toml",
    ".config/afilnet/afilnet.toml",
    ".afilnet/afilnet.toml",
    "../afilnet.toml",
    "~/afilnet.toml",
)
ENVIRONMENTS = (
    {},
    {"AFILNET_CONFIG": ""},
    {"AFILNET_PROFILE": ""},
    {"XDG_CONFIG_HOME": "."},
    {"XDG_CONFIG_HOME": "./"},
    {"XDG_CONFIG_HOME": "", "HOME": ""},
    {"XDG_CONFIG_HOME": "", "HOME": "."},
    {"XDG_CONFIG_HOME": ".config", "HOME": "."},
)
_BY_KIND = {
    Kind.SECONDS: "1.5",
    Kind.COUNT: "3",
    Kind.FLAG: "true",
    Kind.NAMES: '["tls13"]',
    Kind.SECRET: '{ command = ["touch", "ran"] }',
    Kind.URL: '"http://127.0.0.1:9/"',
    Kind.FILE_OR_URL: '"http://127.0.0.1:9/"',
    Kind.WORD: '"none"',
}
TEXT = '"theirs"'
HOSTILE = "".join(f"{field.name} = {_BY_KIND.get(field.kind, TEXT)}\n" for field in FIELDS)


def plant(folder: Path, places: set[str]) -> None:
    """Put a file with a hostile profile wherever somebody might look for it."""
    for place in places:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"default_profile = 'x'\n[profiles.x]\n{HOSTILE}[profiles.y]\nextends = 'x'\n")
        path.chmod(0o600)


def obeyed(folder: Path, environ: dict[str, str]) -> list[str]:
    """Return the settings that come from another place than our own environment and the defaults."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AFILNET_")]:
            patch.delenv(name)
        for name, value in {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", **MINE, **environ}.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        resolved = resolve(None, {})
    ran = [str(path) for path in folder.parent.rglob("ran")]
    return [name for name, origin in resolved.origins.items() if origin.source == "profile"] + ran


@given(places=st.sets(st.sampled_from(PLACES), min_size=1), environ=st.sampled_from(ENVIRONMENTS))
def test_no_file_that_merely_lies_there_gives_any_setting(tmp_path_factory, places, environ):
    folder = tmp_path_factory.mktemp("cloned") / "project"
    plant(folder, places)
    assert obeyed(folder, environ) == []


def _also_here(*given, cwd, **more):
    return _SEARCH(*given, cwd=cwd, **{**more, "user_folder": cwd})


_SEARCH = profiles.search


@pytest.mark.parametrize(
    ("module", "name", "broken", "place", "environ"),
    [
        (sources, "search", _also_here, "afilnet.toml", {}),
        (profiles, "config_folder", lambda name: Path("afilnet"), "afilnet/afilnet.toml", {"XDG_CONFIG_HOME": "."}),
        (
            profiles,
            "config_folder",
            lambda name: Path(".config/afilnet"),
            ".config/afilnet/afilnet.toml",
            {"HOME": "."},
        ),
    ],
)
def test_a_build_that_reads_one_of_them_is_found(tmp_path, monkeypatch, module, name, broken, place, environ):
    """Sabotage: the current folder is looked into, by itself or by a relative path of the user's folder."""
    monkeypatch.setattr(module, name, broken)
    plant(tmp_path / "project", {place})
    assert obeyed(tmp_path / "project", environ)


def test_a_file_that_the_user_names_is_read_from_anywhere(tmp_path):
    plant(tmp_path, {"afilnet.toml"})
    (tmp_path / "afilnet.toml").write_text(
        "default_profile = 'x'\n[profiles.x]\nuser = 'me'\nminimum_security = 'none'\n"
    )
    for named in ("./afilnet.toml", "afilnet.toml", str(tmp_path / "afilnet.toml")):
        resolved = resolve(None, {}, environ={"AFILNET_CONFIG": named}, cwd=tmp_path, user_folder=tmp_path / "none")
        assert (resolved.values["user"], resolved.values["minimum_security"]) == ("me", "none")
        assert resolved.unread is None


def test_a_file_that_is_not_read_is_told_to_whoever_misses_its_settings(tmp_path):
    (tmp_path / "afilnet.toml").write_text("[profiles.x]\nuser = 'me'\n")
    for profile in (None, "x"):
        with pytest.raises(ConfigurationError, match=re.escape("AFILNET_CONFIG=./afilnet.toml")):
            _ = resolve(profile, {}, environ={}, cwd=tmp_path, user_folder=tmp_path / "none").settings


def test_a_file_whose_profiles_nobody_chose_is_told_to_whoever_misses_their_settings(tmp_path):
    file = tmp_path / "afilnet.toml"
    file.write_text("[profiles.x]\nuser = 'me'\n[profiles.y]\n")
    resolved = resolve(None, {}, environ={}, cwd=tmp_path / "away", user_folder=tmp_path)
    with pytest.raises(ConfigurationError, match=r"has 2 profiles \(x, y\), and none is chosen: .* AFILNET_PROFILE"):
        _ = resolved.settings
    whole = resolve(None, {"user": "u", "password": "p"}, environ={}, cwd=tmp_path / "away", user_folder=tmp_path)
    assert whole.settings.user == "u"
    assert "none is chosen" in str(whole.hint())
    for chosen in (
        resolve("x", {}, environ={}, cwd=tmp_path / "away", user_folder=tmp_path),
        resolve(None, {}, environ={"AFILNET_TIMEOU": "1"}, cwd=tmp_path / "away", user_folder=tmp_path),
        resolve(None, {}, environ={}, cwd=tmp_path / "away", user_folder=tmp_path / "none"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            _ = chosen.settings
        assert "none is chosen" not in str(caught.value)


def test_a_file_that_is_read_anyway_is_not_told(tmp_path):
    (tmp_path / "afilnet.toml").write_text("[profiles.x]\n")
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "afilnet.toml").symlink_to(tmp_path / "afilnet.toml")
    assert resolve(None, {}, environ={}, cwd=tmp_path, user_folder=tmp_path).unread is None
    assert resolve(None, {}, environ={}, cwd=tmp_path / "away", user_folder=tmp_path).unread is None


@pytest.mark.parametrize("path", ["", ".", ":", "{here}:", ".:{system}"])
@pytest.mark.parametrize("program", ["give", "./give"])
def test_a_program_is_never_found_in_the_folder_where_one_stands(tmp_path, monkeypatch, path, program):
    """The user's own file names a program; the current folder has one of that name too."""
    own, cloned = tmp_path / "own", tmp_path / "cloned"
    for folder, secret in ((own, "mine"), (cloned, "theirs")):
        folder.mkdir()
        (folder / "give").write_text(f"#!/bin/sh\nprintf {secret}\n")
        (folder / "give").chmod(0o700)
    (own / "afilnet.toml").write_text(
        f"default_profile = 'x'\n[profiles.x]\npassword = {{ command = ['{program}'] }}\n"
    )
    monkeypatch.chdir(cloned)
    environ = {"PATH": path.format(here=own, system=os.environ["PATH"])}
    resolved = resolve(None, {}, environ=environ, cwd=cloned, user_folder=own)
    found = program == "./give" or "{here}" in path
    assert resolved.values["password"] == (Secret("mine") if found else None)
    assert bool(resolved.faults) == (not found)


@pytest.mark.parametrize("text", ["x = 1", "[profiles.x", 'default_profile = "nobody"'])
def test_a_file_that_was_chosen_and_cannot_be_used_is_not_told_as_one_that_nobody_chose(tmp_path, text):
    (tmp_path / "afilnet.toml").write_text(text)
    chosen = {"AFILNET_CONFIG": "./afilnet.toml"}
    found = resolve(None, {}, environ=chosen, cwd=tmp_path, user_folder=tmp_path / "nobody")
    assert found.faults
    assert found.unread is None
