"""Where a user's own files are, by the system's rules."""

from __future__ import annotations

import sys

import pytest

from afilnet_protocols.process.user_folders import cache_folder, config_folder


@pytest.mark.parametrize(
    ("environ", "system", "config", "cache"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.config/x", "/home/me/.cache/x"),
        ({"HOME": "/Users/me"}, "darwin", "/Users/me/Library/Application Support/x", "/Users/me/Library/Caches/x"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/d"}, "linux", "/c/x", "/d/x"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_CACHE_HOME": "."}, "linux", "/h/.config/x", "/h/.cache/x"),
        ({"HOME": ".", "XDG_CONFIG_HOME": "c"}, "linux", None, None),
    ],
)
def test_a_folder_is_the_systems_own_and_never_a_relative_one(monkeypatch, environ, system, config, cache):
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert (config_folder("x"), cache_folder("x")) == (config, cache)
