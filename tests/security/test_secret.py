"""A secret shows itself to nothing but ``reveal``."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import logging
import pickle
import pprint
import reprlib
import traceback
import types
from string import Template

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import Settings
from afilnet_protocols.security import secret as module
from afilnet_protocols.security.secret import Secret, living

pytestmark = pytest.mark.smoke

TEXT = "corréct-horse-battery-∞"


@dataclasses.dataclass
class Holder:
    value: Secret


def shapes(secret: Secret) -> list[str]:
    """Return every text that ordinary code makes of a secret."""
    found = [
        repr(secret), str(secret), format(secret), f"{secret}", f"{secret!r:>60}", f"{secret!a}", f"{secret:>40}",
        str.__mod__("%s %r", (secret, secret)), f"{secret} {secret!r}", Template("$x").substitute(x=secret),
        repr([secret]), repr({"password": secret}), repr(Holder(secret)), pprint.pformat({"x": [secret]}),
        reprlib.repr([secret]), repr(dataclasses.asdict(Holder(secret))), repr(dir(secret)), ascii(secret),
        repr(Settings(user="someone", password=secret)), json.dumps({"x": secret}, default=str),
        json.dumps({"x": secret}, default=repr), logging.makeLogRecord({"msg": "%s", "args": (secret,)}).getMessage(),
        repr(ValueError(secret)), str(ValueError(secret)), repr(copy.copy(secret)), repr(copy.deepcopy([secret])),
    ]  # fmt: skip
    for attempt in (vars, json.dumps, bytes, list, iter, len, msgspec.json.encode, msgspec.to_builtins, pickle.dumps):
        with pytest.raises(Exception) as caught:
            attempt(secret)
        found += [str(caught.value), repr(caught.value)]
    return found


def traceback_with_locals(secret: Secret) -> str:
    def fail(password: Secret, wrapped: list[Secret]) -> None:
        raise RuntimeError("on purpose")

    try:
        fail(secret, [secret])
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError


def reachable(root: object) -> list[object]:
    """Walk through everything that a secret refers to, except code and modules, which are the same for all."""
    seen: dict[int, object] = {}
    queue = gc.get_referents(root)
    while queue:
        thing = queue.pop()
        if id(thing) in seen or isinstance(thing, type | types.ModuleType | types.CodeType):
            continue
        seen[id(thing)] = thing
        if thing is not vars(module):
            queue += gc.get_referents(thing)
    return list(seen.values())


def test_no_ordinary_code_shows_it() -> None:
    for shape in (*shapes(Secret(TEXT)), traceback_with_locals(Secret(TEXT))):
        assert TEXT not in shape
        assert ascii(TEXT)[1:-1] not in shape


def test_the_search_finds_a_secret_that_does_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "__repr__", lambda self: self.reveal())
    assert any(TEXT in shape for shape in (repr(Secret(TEXT)), traceback_with_locals(Secret(TEXT))))


def test_no_walk_through_its_references_comes_upon_the_text() -> None:
    found = reachable(Secret("".join(["walk", "ing-text-∞"])))
    assert found
    needles = ("walking-text-∞", "walking-text-∞".encode())
    assert not [thing for thing in found if isinstance(thing, str | bytes) and any(n == thing for n in needles)]
    plain = types.SimpleNamespace(text="".join(["walk", "ing-text-∞"]))
    assert any(thing == "walking-text-∞" for thing in reachable(plain)), "the walk itself must work"


def test_pickling_is_refused_with_the_way_out() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="pass its source"):
            pickle.dumps(Secret(TEXT), protocol)


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_it_gives_back_exactly_what_it_was_given(text: str) -> None:
    secret = Secret(text)
    assert secret.reveal() == text
    assert bool(secret) == bool(text)
    assert secret == Secret(text)
    assert hash(secret) == hash(Secret(text))
    assert secret != Secret(text + "x")
    assert secret != text


def test_it_cannot_be_given_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Secret("x").note = "y"  # type: ignore[attr-defined] - that is the law


def test_every_living_secret_is_known_also_when_a_twin_of_it_dies() -> None:
    text = "a twin of a secret"
    first, second = Secret(text), Secret(text)
    del first
    gc.collect()
    assert any(secret is second for secret in living())
    del second
    gc.collect()
    assert all(secret.reveal() != text for secret in living())
