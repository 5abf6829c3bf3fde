"""A few sends through every foreign server that is here; ``python -m tests.peers`` plays all of them."""

from __future__ import annotations

import pytest

from tests.peers.drive import play
from tests.peers.program import Absent
from tests.peers.roster import peers
from tests.peers.scene import Peer
from tests.peers.stage import Stage


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.NAME)
def test_verdicts_through_a_foreign_server_are_what_its_service_wrote_down(peer: Peer) -> None:
    try:
        peer.version()
    except Absent as error:
        pytest.skip(str(error))
    with Stage() as stage:
        scene = next(iter(peer.scenes(stage)))

        tally = play(scene, quick=True)

    assert tally.checks
    assert tally.wrong == []
    assert tally.good
