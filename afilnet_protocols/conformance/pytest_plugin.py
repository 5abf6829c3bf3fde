"""The fixtures and options of `BackendConformance`. Whatever they need is imported when a test asks for it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from afilnet_protocols.conformance.case_player import CasePlayer, Profile
    from afilnet_protocols.conformance.suite import BackendConformance
    from afilnet_protocols.conformance.targets.stage import Stage
    from afilnet_protocols.conformance.targets.target import Target
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.settings.overrides import SettingsOverrides

PROFILES = ("quick", "ci", "long")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, which count for every `BackendConformance` of the run."""
    group = parser.getgroup("afilnet", "afilnet conformance")
    group.addoption(
        "--afilnet-profile", choices=PROFILES, help="how many sequences the generated cases play, whatever classes say"
    )
    group.addoption(
        "--afilnet-seed",
        type=int,
        metavar="N",
        help="draw what this seed draws, whatever classes say; printed on failure",
    )


@pytest.fixture(scope="session")
def afilnet_stage() -> Iterator[Stage]:
    """One running sandbox for all backends that are held to the contract, each in an account of its own.

    Its clock stands still and is set by the cases, so it is another one than ``afilnet_sandbox``.
    """
    from afilnet_protocols.conformance.targets.stage import Stage

    with Stage() as stage:
        yield stage


@pytest.fixture(scope="class")
def afilnet_settings() -> SettingsOverrides:
    """Settings that every client gets in place of the sandbox's, by name; none. To be overridden.

    Cases that give wrong settings, such as a wrong password, give those that are not named here.
    """
    return {}


@pytest.fixture(scope="class")
def afilnet_profile(request: pytest.FixtureRequest) -> Profile:
    """How many sequences the generated cases play: as the command line says, or else the class."""
    given: Profile | None = request.config.getoption("--afilnet-profile")
    return given or _class_of(request).profile


@pytest.fixture(scope="class")
def afilnet_seed(request: pytest.FixtureRequest) -> int:
    """What decides what is drawn: as the command line says, or else the class, or else the name of the class."""
    of_class = _class_of(request)
    for given in (request.config.getoption("--afilnet-seed"), of_class.seed):
        if isinstance(given, int):
            return given
        if given is not None:
            raise pytest.UsageError(f"the seed of {of_class.__name__} is a whole number or None, not {given!r}")
    return zlib.crc32(of_class.__name__.encode())


@pytest.fixture(scope="class")
def afilnet_target(request: pytest.FixtureRequest, afilnet_stage: Stage, afilnet_settings: SettingsOverrides) -> Target:
    """The backend that the class is about, in an account of the sandbox. May be overridden by any target."""
    from afilnet_protocols.conformance.targets.capabilities import declared, of_protocol
    from afilnet_protocols.conformance.targets.stage import Candidate

    of_class = _class_of(request)
    names = of_class.capabilities
    capabilities = of_protocol(of_class.protocol) if names is None else declared(names)

    def make(settings: Settings) -> ChatOperations:
        return of_class().make(settings.but(**afilnet_settings))

    candidate = Candidate(
        of_class.__name__, of_class.protocol, make=make, plain=of_class.plain, capabilities=capabilities
    )
    return afilnet_stage.target(candidate)


@pytest.fixture(scope="class")
def afilnet_player(afilnet_target: Target, afilnet_seed: int, afilnet_profile: Profile) -> Iterator[CasePlayer]:
    """What plays cases on the class's backend."""
    from afilnet_protocols.conformance.case_player import EXAMPLES, CasePlayer
    from afilnet_protocols.conformance.exit_guard import staying

    if afilnet_profile not in PROFILES:
        raise pytest.UsageError(f"a profile is one of {', '.join(PROFILES)}, not {afilnet_profile!r}")
    player = CasePlayer([afilnet_target], seed=afilnet_seed, examples=EXAMPLES[afilnet_profile], draws_wire=False)
    with staying():  # or a backend decides how pytest ends
        yield player
        player.close()


def _class_of(request: pytest.FixtureRequest) -> type[BackendConformance]:
    from afilnet_protocols.conformance.suite import BackendConformance

    found: object = request.cls
    if isinstance(found, type) and issubclass(found, BackendConformance):
        return found
    raise pytest.UsageError(f"{request.fixturename} is for subclasses of BackendConformance")
