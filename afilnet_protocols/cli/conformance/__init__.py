"""`afilnet conformance`: the contract, run against any backend or service."""

from __future__ import annotations

from afilnet_protocols.cli.conformance.case_choice import EPILOG
from afilnet_protocols.cli.conformance.cases import explain, figure, list_cases
from afilnet_protocols.cli.conformance.reports import diff, render_again, schema
from afilnet_protocols.cli.conformance.run import mutants, replay, run
from afilnet_protocols.cli.parser import grammar


def command(name: str) -> grammar.Command:
    """Return the group."""
    return conformance


@grammar.group(epilog=EPILOG)
def conformance() -> None:
    """Hold backends and services to the contract. Needs the extra: pip install 'afilnet-protocols[conformance]'."""


for each in (run, list_cases, explain, replay, mutants, diff, render_again, schema, figure):
    conformance.add(each)
