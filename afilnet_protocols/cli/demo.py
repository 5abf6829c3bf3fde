"""`afilnet demo`: all six operations over all five protocols against the sandbox, and whether the answers agree."""

from __future__ import annotations

from dataclasses import asdict

from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.operations import COMMANDS
from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.extras import demand


def command(name: str) -> grammar.Command:
    """Return the command."""
    return demo


@grammar.command()
@grammar.json_option
def demo(*, json: bool) -> None:
    """Run the six operations over the five protocols on a sandbox of this machine, and compare every answer."""
    demand("sandbox", "afilnet demo")
    from afilnet_protocols.cli.demo_story import AGREES, DIFFERS, perform

    with at_work("asking over five protocols", silent=json):
        rows = perform()
    odd = [row.protocol for row in rows if not row.agrees]
    cells = sum(len(row.cells) for row in rows)
    agreeing = sum(cell.agrees for row in rows for cell in row.cells)
    if json:
        print_json({"agree": not odd, "cells": cells, "agreeing": agreeing, "rows": [asdict(row) for row in rows]})
    else:
        print_table(
            ["protocol", "level", *(name.removeprefix("send-") for name in COMMANDS), "time"],
            [
                [
                    row.protocol,
                    row.level,
                    *(AGREES if cell.agrees else DIFFERS for cell in row.cells),
                    f"{row.seconds * 1000:.0f} ms",
                ]
                for row in rows
            ],
            styles={AGREES: "green", DIFFERS: "bold red"},
        )
        for row in rows:
            for cell in row.cells:
                if not cell.agrees:
                    print_text(f"{row.protocol}, {cell.operation}: {cell.difference}")
        verdict = "one behaviour" if not odd else f"odd {'one' if len(odd) == 1 else 'ones'} out: {', '.join(odd)}"
        if len(odd) == len(rows):
            verdict = "none of the five is as it has to be"
        print_text(f"\n{agreeing} of {cells} answers agree: {verdict}")
    if odd:
        raise Exit(ExitCode.DISAGREEMENT)
