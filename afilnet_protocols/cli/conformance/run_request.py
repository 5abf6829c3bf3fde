"""`Wanted`: what `afilnet conformance run` is asked for, and the words that ask for it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from afilnet_protocols.cli.parser import kinds
from afilnet_protocols.cli.parser.words import UsageError, read_as
from afilnet_protocols.conformance.cases import Case
from afilnet_protocols.conformance.reports import KINDS
from afilnet_protocols.conformance.targets.live import MOST_SENDS, Budget
from afilnet_protocols.suggestion import did_you_mean, quoted


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; see `afilnet conformance run --help`."""

    targets: tuple[str, ...]
    cases: tuple[Case, ...]
    seed: int
    profile: str
    known: Path | None = None
    reports: tuple[tuple[str, Path], ...] = ()
    read_only: bool = False
    max_sends: int = MOST_SENDS
    recipients: tuple[str, ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    party: str | None = None
    party_to: str | None = None
    wrong_password: bool = False
    lab: bool = False
    like: str | None = None
    plain: bool = False
    mutants: bool = False
    json: bool = False
    patterns: tuple[str, ...] = ()

    @property
    def budget(self) -> Budget:
        """What may be asked of live services, with nothing spent yet."""
        return Budget(read_only=self.read_only, max_sends=self.max_sends, recipients=self.recipients)

    @property
    def command(self) -> str:
        """The same run again; where reports went does not belong to it."""
        words = ["afilnet", "conformance", "run", *self.targets, "--seed", str(self.seed), "--profile", self.profile]
        single = {"--party": self.party, "--party-to": self.party_to, "--like": self.like}
        named = ["/".join(each) for each in self.channels]
        many = {"--case": self.patterns, "--recipient": self.recipients, "--channel": named}
        for option, values in (*many.items(), *((name, (value,)) for name, value in single.items() if value)):
            words += [word for value in values for word in (option, value)]
        if self.known is not None:
            words += ["--known", str(self.known)]
        if self.max_sends != MOST_SENDS:
            words += ["--max-sends", str(self.max_sends)]
        flags = {"--read-only": self.read_only, "--plain": self.plain, "--mutants": self.mutants}
        flags |= {"--wrong-password": self.wrong_password, "--lab": self.lab}
        return shlex.join([*words, *(flag for flag, given in flags.items() if given)])


def reports_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Return the kind and file of every report that is asked for, as in ``junit=a.xml,html=b.html``.

    Raises:
        UsageError: there is no such kind, or no file is named.
    """
    found = []
    for part in (part for word in words for part in word.split(",")):
        kind, _, file = part.partition("=")
        if kind not in KINDS:
            raise UsageError(f"--report: there is no report {quoted(kind)}: {did_you_mean(kind, KINDS)}")
        if not file:
            raise UsageError(f"--report: write {kind}=FILE")
        found.append((kind, read_as(kinds.OUTPUT.read, file, "--report")))
    return tuple(found)


def channels_of(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the platform and the identifier of each channel that is named, as in ``whatsapp/100``.

    Raises:
        UsageError: one is named otherwise.
    """
    found = []
    for word in words:
        platform, _, identifier = word.partition("/")
        if not platform or not identifier:
            raise UsageError("--channel: write PLATFORM/ID, such as whatsapp/100")
        found.append((platform, identifier))
    return tuple(found)
