"""What the package offers is exactly what it says it offers."""

from __future__ import annotations

import importlib
import inspect
import pickle
import re
import subprocess
import sys
import types
from unittest import mock

import pytest

import afilnet_protocols
from afilnet_protocols import errors
from tests import public_api

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


def test_what_the_pages_import_from_elsewhere_is_said_where_it_is_looked_for() -> None:
    """Of an ``AttributeError``, ``from … import`` shows nothing; whoever looks for an attribute expects no other."""
    for name, module in afilnet_protocols._ELSEWHERE.items():
        told = f"from afilnet_protocols.{module} import {name}"
        with pytest.raises(ImportError, match=re.escape(told)):
            exec(f"from afilnet_protocols import {name}")
        with pytest.raises(ImportError, match=re.escape(told)):
            exec(f"from afilnet_protocols import connect, {name} as another")
        with pytest.raises(AttributeError, match=re.escape(told)):
            getattr(afilnet_protocols, name)
        assert not hasattr(afilnet_protocols, name)
        assert inspect.getattr_static(afilnet_protocols, name, None) is None
    assert not hasattr(afilnet_protocols, "Sandboxes")


@pytest.mark.parametrize(("name", "module"), sorted(afilnet_protocols._ELSEWHERE.items()))
def test_what_is_said_to_be_elsewhere_is_there(name: str, module: str) -> None:
    if module == "celery":
        pytest.importorskip("celery", reason="celery is an extra")
    assert hasattr(importlib.import_module(f"afilnet_protocols.{module}"), name)


def test_what_has_the_name_of_one_that_is_elsewhere_is_pickled_and_replaced_as_ever() -> None:
    """``pickle`` looks for what does not know its module in all modules, and ``mock`` for what is not there."""
    homeless = types.FunctionType((lambda: None).__code__, {}, "Bell")
    assert pickle.whichmodule(homeless, "Bell") == "__main__"
    with mock.patch("afilnet_protocols.Sandbox", "made", create=True):
        assert vars(afilnet_protocols)["Sandbox"] == "made"


def test_what_is_offered_is_what_was_offered() -> None:
    """A change of the interface is made knowingly: ``python -m tests.public_api`` writes it down."""
    assert public_api.changes(public_api.KEPT.read_text("utf-8").splitlines(), public_api.lines()) == []


def test_what_changes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: a parameter gets another default, a method goes, another comes."""
    kept = public_api.lines()
    monkeypatch.setattr(afilnet_protocols.Breaker, "surprise", lambda self: None, raising=False)
    monkeypatch.setattr(afilnet_protocols, "deadline", lambda seconds=1.0: None)
    found = public_api.changes(kept, public_api.lines())
    assert [line for line in found if line.startswith("gone: deadline(")]
    assert [line for line in found if line.startswith("new: deadline(seconds=1.0")]
    assert "new: Breaker.surprise(self)" in found
    assert len(found) == 3
