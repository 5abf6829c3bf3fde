"""What the bots of several libraries are compared by: the counts, and that the stand-in keeps what is not confirmed."""

from __future__ import annotations

import json
import urllib.request
from contextlib import closing

import pytest

from tests.benchmarks.bots import __main__ as bots
from tests.benchmarks.bots.lives import Ended, Ledger, lived
from tests.benchmarks.bots.services import Afilnet, Telegram
from tests.tables import table

WRITTEN = [(0, "a"), (0, "b"), (1, "c")]
GOOD = [("begin", "c"), ("end", "c"), ("begin", "a"), ("end", "a"), ("begin", "b"), ("end", "b")]
REPLIES = ["re: a", "re: b", "re: c"]
FAULTS = {
    "never handled": (GOOD[:-1], REPLIES),
    "handled twice": ([*GOOD, ("end", "a")], REPLIES),
    "begun again": ([*GOOD, ("begin", "a")], REPLIES),
    "reply missing": (GOOD, REPLIES[:-1]),
    "reply doubled": (GOOD, [*REPLIES, "re: b"]),
    "out of order": ([*GOOD[:2], *GOOD[4:], *GOOD[2:4]], REPLIES),
}


def test_nothing_is_counted_where_nothing_is_wrong():
    counts = Ledger(WRITTEN, GOOD, REPLIES).counts()
    assert counts == {"messages": 3, **dict.fromkeys(bots.COUNTS, 0)}


@table("fault", FAULTS)
def test_each_fault_is_counted_under_its_name(fault):
    counts = Ledger(WRITTEN, *FAULTS[fault]).counts()
    assert {name for name in bots.COUNTS if counts[name]} == {fault}
    assert counts[fault] == 1


def test_the_stand_in_hands_out_again_what_no_offset_confirmed():
    with closing(Telegram()) as telegram:

        def updates(offset):
            url = f"{telegram.environment()['BOT_BASE']}/bot1:x/getUpdates?timeout=5&offset={offset}"
            with urllib.request.urlopen(url) as answer:
                return [update["message"]["text"] for update in json.load(answer)["result"]]

        telegram.write(1, "a")
        telegram.write(1, "b")
        assert updates(0) == updates(0) == ["a", "b"]
        assert updates(2) == updates(1) == ["b"]
        assert telegram.handed_out() == 4


@pytest.mark.proof(short="test_each_fault_is_counted_under_its_name")
def test_an_inbox_among_the_bots_loses_nothing_and_a_plain_loop_does(tmp_path):
    packages = bots.Packages(tmp_path)
    inbox, loop = (bots.one(bot, packages, seed=3, kills=6).counts() for bot in (bots.BOTS[0], bots.BOTS[2]))
    assert {name for name in bots.COUNTS if inbox[name]} <= {"begun again", "handled twice", "reply missing"}
    assert loop["never handled"] + loop["handled twice"] + loop["reply missing"] + loop["reply doubled"] > 0


def test_a_bot_that_ends_by_itself_is_told(tmp_path):
    with closing(Afilnet()) as service, pytest.raises(Ended, match="ended"):
        lived(service, ["false"], tmp_path, seed=1, kills=1)
