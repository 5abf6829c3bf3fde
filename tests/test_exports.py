"""What the package offers is exactly what it says it offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import afilnet_protocols
from afilnet_protocols import errors

pytestmark = pytest.mark.smoke


def test_every_exported_name_exists_once() -> None:
    names = afilnet_protocols.__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(afilnet_protocols, name) is not None


def test_dir_is_sorted_and_holds_exactly_the_exported_names() -> None:
    assert dir(afilnet_protocols) == sorted(afilnet_protocols.__all__)


def test_every_error_is_exported() -> None:
    assert set(errors.__all__) <= set(afilnet_protocols.__all__)
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes == set(errors.__all__)


def test_nothing_else_is_public() -> None:
    """Names without an underscore in a fresh interpreter are the exported ones and the modules that they come from."""
    source = (
        "import types, afilnet_protocols as package\n"
        "known = {*package.__all__, 'annotations', 'TYPE_CHECKING'}\n"
        "print(sorted(name for name, value in vars(package).items() if not name.startswith('_')"
        " and name not in known and not isinstance(value, types.ModuleType)))"
    )
    assert subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout == "[]\n"
