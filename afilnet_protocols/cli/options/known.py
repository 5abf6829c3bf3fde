"""Kinds of which the library itself knows values: profiles, targets, dialects, facts, cases. A shell offers them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from afilnet_protocols.cli.parser.kinds import Known
from afilnet_protocols.vocabulary import Protocol


def _profiles() -> Iterator[str]:
    from afilnet_protocols.settings import FIELDS
    from afilnet_protocols.settings.private_file import working_folder
    from afilnet_protocols.settings.profiles import search

    for file in search(FIELDS, os.environ, cwd=working_folder(), user_folder=None).files:
        yield from file.profiles


def _sides() -> Iterator[str]:
    yield from (f"sandbox:{protocol}" for protocol in Protocol)
    yield from _profiles()


def _targets() -> Iterator[str]:
    yield "sandbox"
    yield from _sides()


def _parties() -> Iterator[str]:
    yield "ask"
    yield from _profiles()


def _dialects() -> Iterator[str]:
    from afilnet_protocols.dialects import NAMED

    yield from NAMED


def _facts() -> Iterator[str]:
    from afilnet_protocols.survey.facts import BY_NAME

    yield from BY_NAME


def _mutants() -> Iterator[str]:
    from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS

    yield from (each.id for each in SERVER_MUTANTS)


def _cases() -> Iterator[str]:
    from afilnet_protocols.conformance.cases import CASES

    yield from (case.id for case in CASES)


PROFILE = Known(_profiles, "NAME")
SIDE = Known(_sides, "SIDE")
TARGET = Known(_targets, "TARGET")
PARTY = Known(_parties, "PROFILE|ask|URL")
DIALECT = Known(_dialects, "FILE|NAME")
FACT = Known(_facts, "FACT")
MUTANT = Known(_mutants, "ID")
CASE = Known(_cases, "CASE")
