"""Which reads a shadow repeats, what it keeps of them, and what it is made with."""

from __future__ import annotations

import gc
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from afilnet_protocols import CanaryChat, ConfigurationError, ShadowChat
from afilnet_protocols.catalogue import by_name
from afilnet_protocols.migration import outcome
from afilnet_protocols.migration import shadow as shadow_module
from tests.migration.fakes import Changing, Raising
from tests.migration.test_canary import Fine
from tests.migration.test_repeating import Saved
from tests.migration.test_truth import Service
from tests.tables import table
from tests.time_limit import HANGS

GET_CHANNELS = by_name("get_chat_channels")
PAGE = Path(__file__).parents[2] / "docs" / "migrate.md"


@table(
    ("sample", "chance", "sampled"),
    [(0, 0.0, 0), (0.5, 0.5, 0), (0.5, 0.499, 1), (1, 1.0, 1), (1, 0.0, 1), (1e-9, 0.0, 1)],
)
def test_a_share_of_none_is_none_and_one_of_all_is_all(sample, chance, sampled):
    with ShadowChat(Fine(), Fine(), sample=sample, chance=lambda: chance) as shadow:
        shadow.get_chat_channels()
        assert shadow.counts.number("sampled") == sampled


def test_what_the_caller_does_with_a_list_is_no_difference():
    primary, candidate = Changing(Service("agree")), Service("wait agree")
    with ShadowChat(primary, candidate, grace=HANGS) as shadow:
        shadow.get_chat_channels()
        candidate.begun.acquire()  # so that the next read is looked at later
        shadow.get_chat_channels().clear()
        candidate.go_on.set()
        assert shadow.settle(HANGS)
    assert shadow.counts.number("equal") == 2
    assert len(primary.calls) == 2  # nothing differed that it would have been asked about again


@pytest.mark.parametrize("behaviour", ["agree", "refused"])
def test_the_time_of_a_call_is_from_its_beginning_to_its_end(monkeypatch, behaviour):
    moments = iter([10.0, 12.5])
    monkeypatch.setattr(shadow_module, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
    refusal = lambda: ConfigurationError("refused")  # noqa: E731 -- it is told apart by its words alone
    primary = Service("agree") if behaviour == "agree" else Raising(refusal)
    taken = []
    with ShadowChat(primary, Fine()) as shadow:
        monkeypatch.setattr(shadow._repeating, "leave", lambda read: taken.append(read.seconds))
        try:
            shadow.get_chat_channels()
        except ConfigurationError:
            assert behaviour == "refused"
        primary.close = lambda: None
    assert taken == [2.5]


@pytest.mark.parametrize("chat", [Fine(), Raising(lambda: ConfigurationError("refused"))], ids=["answer", "error"])
def test_the_time_of_a_comparison_s_call_is_from_its_beginning_to_its_end(monkeypatch, chat):
    moments = iter([10.0, 12.5])
    monkeypatch.setattr(outcome, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
    assert outcome.outcome_of(chat, GET_CHANNELS, {}).seconds == 2.5


def test_times_below_a_second_are_times():
    ShadowChat(Fine(), Fine(), timeout=0.5, rest=0.5, grace=0.25, journal=0).close()


def test_an_interruption_of_the_side_in_use_is_the_caller_s():
    primary = Raising(KeyboardInterrupt)
    shadow = ShadowChat(primary, Fine())
    with pytest.raises(KeyboardInterrupt):
        shadow.get_chat_channels()
    assert shadow.counts.numbers == {"sampled": 1, "incomparable": 1}


@table("wrong", [{"chance": 7}, {"chance": lambda given: given}, {"unread": "yes"}, {"unread": None}])
def test_what_can_be_no_chance_or_flag_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="chance is a function that is given nothing; unread is True or False"):
        ShadowChat(Fine(), Fine(), **wrong)


@pytest.mark.parametrize("make", [ShadowChat, lambda *sides, state: CanaryChat(*sides, share=1.0, state=state)])
def test_what_was_counted_is_saved_when_nobody_has_a_client_any_more(tmp_path, make):
    state = Saved(tmp_path / "s")
    client = make(Fine(), Fine(), state=state)
    del client
    gc.collect()
    assert state.asked == [(True, False)]


def told(mode: str) -> dict[str, object]:
    """Return what stands in brackets at the end of each row of the page that is of one mode."""
    words = {"true": True, "false": False}
    found: dict[str, object] = {}
    for keys, _, meaning in re.findall(
        rf"^\| (`.*`) \| ({mode}|both) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    ):
        names = re.findall(r"`(\w+)`", keys)
        brackets = re.findall(r"\(([\d., a-z]+)\)", meaning)
        values = brackets[-1].split(", ") if brackets else []
        found |= dict(zip(names, (words.get(value) if value in words else float(value) for value in values)))  # noqa: B905
    return found


@pytest.mark.parametrize(
    ("mode", "kind", "besides"),
    [("shadow", ShadowChat, 8), ("canary", CanaryChat, 2)],
)
def test_what_is_left_out_of_a_table_is_as_the_page_says(mode, kind, besides):
    parameters = inspect.signature(kind).parameters
    report = inspect.signature(kind.report).parameters
    on_page = told(mode)
    assert {key: value for key, value in on_page.items() if key in parameters} == {
        key: parameters[key].default for key in on_page if key in parameters
    }
    assert len(on_page.keys() & parameters.keys()) == besides
    assert {key: report[key].default for key in report if key != "self"} == {
        key: on_page[key] for key in ("enough", "left_out")
    }
