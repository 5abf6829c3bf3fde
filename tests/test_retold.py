"""`Retold`: what comes out is the other error alone."""

from __future__ import annotations

import gc
import weakref

import pytest

from afilnet_protocols.retold import Retold, in_words


class Foreign(Exception):
    """What is to be told otherwise."""


def fail(error: Exception) -> None:
    raise error


def test_nothing_is_kept_of_the_first_error():
    first = Foreign("secret")
    with pytest.raises(ValueError, match="told") as caught, Retold(Foreign, lambda _: ValueError("told")):
        fail(first)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    seen = weakref.ref(first)
    del first
    gc.collect()
    assert seen() is None


def test_the_same_error_goes_on_without_the_frames_below():
    with pytest.raises(Foreign) as caught, Retold(Foreign, lambda error: error.with_traceback(None)):
        fail(Foreign())
    assert "fail" not in [each.name for each in caught.traceback]


def test_other_errors_and_results_pass():
    with pytest.raises(KeyError), Retold((Foreign, OSError), ValueError):
        fail(KeyError())
    with Retold(Foreign, ValueError):
        pass


@pytest.mark.parametrize(("error", "expected"), [(OSError(2, "none"), "none"), (TimeoutError(), "TimeoutError")])
def test_what_the_system_says(error, expected):
    assert in_words(error) == expected
