"""`BackendConformance`: every case as a pytest test of one's own backend. Subclass it, and say how to make a client."""

from __future__ import annotations

from afilnet_protocols.extras import absence, missing

if missing("conformance"):
    raise ImportError(absence("conformance", "BackendConformance"))

import pytest

from afilnet_protocols.conformance.case_player import CasePlayer, Profile
from afilnet_protocols.conformance.cases import CASES, Case
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings

_FINE = (Outcome.PASS, Outcome.NOT_DECLARED)


class BackendConformance:
    """Holds a backend to the contract, in a sandbox started for it.

    A whole test file of a backend is::

        from afilnet_protocols.conformance.suite import BackendConformance

        class TestMine(BackendConformance):
            protocol = "mine"

            def make(self, settings):
                return MyBackend(settings)

    Its fixtures are those of the package's pytest plug-in, which pytest loads by itself (where that is switched off:
    ``-p afilnet_protocols.conformance.pytest_plugin``). A fixture of one's own named ``afilnet_target``,
    ``afilnet_settings``, ``afilnet_profile`` or ``afilnet_seed`` takes the place of what the class says, and so do the
    options ``--afilnet-profile`` and ``--afilnet-seed``.

    Attributes:
        protocol: the protocol whose sandbox settings ``make`` gets: a built-in one, or the name of one's own.
        capabilities: what the backend declares, by the names in ``conformance.targets.capabilities``; ``None`` for what
            the built-in backend of the protocol declares.
        plain: whether it speaks plain HTTP on loopback instead of TLS, to save time.
        profile: how many sequences the generated cases play.
        seed: decides what is drawn; ``None`` for the name of the class, so that every run draws the same.
    """

    protocol: str = "http-post"
    capabilities: frozenset[str] | None = None
    plain: bool = False
    profile: Profile = "quick"
    seed: int | None = None

    def make(self, settings: Settings) -> ChatOperations:
        """Make a client of the backend.

        Args:
            settings: those of an account of the sandbox, sometimes with wrong ones among them.
        """
        return connect(settings)

    @pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
    def test_case(self, case: Case, afilnet_player: CasePlayer) -> None:
        """Ask one thing of the backend."""
        __tracebackhide__ = True
        for result in afilnet_player.results(case):
            _told(case, result, afilnet_player.seed)


def _told(case: Case, result: CaseResult, seed: int) -> None:
    """Turn a result into what pytest makes of it."""
    __tracebackhide__ = True
    if result.outcome not in _FINE:
        provenance = f"{case.id} ({case.provenance}): {case.requirement}"
        again = f"\nthe same again: --afilnet-seed={seed}" if case.generated else ""
        pytest.fail(f"{result.outcome}\n{provenance}\n{result.reason}{again}", pytrace=False)
    if result.outcome is Outcome.NOT_DECLARED:
        pytest.skip(result.reason)
