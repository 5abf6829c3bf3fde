"""The kill matrix of live runs: every broken server stands behind a profile, and is caught there too if it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from afilnet_protocols.conformance.case_player import CasePlayer, failed
from afilnet_protocols.conformance.cases import by_id
from afilnet_protocols.conformance.results.outcome import CaseResult, KillResult
from afilnet_protocols.conformance.targets.capabilities import of_protocol
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.live_world import LiveWorld
from afilnet_protocols.conformance.targets.party import Control
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.conformance.targets.terms import Terms
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS, ServerMutant
from afilnet_protocols.vocabulary import InstalledProtocol

UNSEEN = {
    "S18": "the code is the relay's, which says it as it should",
}
"""The broken servers that cannot be seen through a profile, with the reason for each: nobody can have a service that
people use say a code that it does not have."""

_RECIPIENTS = ("34600000001", "34600000002", "34600000003")
_MOST_SENDS = 100


def kills(servers: Sequence[ServerMutant] = SERVER_MUTANTS, *, seed: int) -> Iterator[KillResult]:
    """Yield what the cases that are to catch each broken server do to it through a profile."""
    for server in servers:
        if server.id in UNSEEN:
            continue
        expected = [by_id(each) for each in server.expected if not by_id(each).generated]
        with Sandbox(components=server.components) as sandbox:
            account = sandbox.account()
            party = Control(f"{sandbox.control_url}?user={account.user}")
            budget = Budget(max_sends=_MOST_SENDS, recipients=_RECIPIENTS)
            settings = sandbox.settings(InstalledProtocol(server.protocol), account=account, service_timezone="UTC")
            owned = tuple((str(each.platform), each.platform_id) for each in account.channels)
            terms = Terms(party=party, wrong_password=True, channels=owned)
            with LiveWorld(server.id, settings, budget, terms) as world:
                target = Target(server.id, world.client, of_protocol(server.protocol), world)
                player = CasePlayer([target], seed=seed, examples=1, budget=budget, draws_wire=False)
                try:
                    results: list[CaseResult] = [each for case in expected for each in player.results(case)]
                finally:
                    player.close()
        yield KillResult(
            mutant=f"{server.id} live",
            about=f"{server.about}, seen through a profile",
            expected=tuple(case.id for case in expected),
            killers=tuple(each.case for each in results if failed(each)),
        )
