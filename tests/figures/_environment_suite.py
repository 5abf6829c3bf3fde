"""The conformance suite, played on all five protocols in a process with an environment of its own.

Prints how every case ended as one line of JSON. What to play comes on the standard input; the secrets that were in use
are written to a file, for whoever looks whether they were shown.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from afilnet_protocols.conformance.case_player import EXAMPLES, CasePlayer
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.targets.stage import Stage, built_in
from tests.figures._environment_story import listen


def main() -> None:
    """Play it."""
    given = json.load(sys.stdin)
    listen()
    with Stage() as stage:
        player = CasePlayer(
            [stage.target(each) for each in built_in()],
            seed=given["seed"],
            examples=EXAMPLES["quick"],
            draws_wire=False,
        )
        try:
            results = [result for case in CASES for result in player.results(case)]
        finally:
            player.close()
        accounts = stage.sandbox.accounts()
    secrets = [text for account in accounts for text in (account.password, account.client_secret)]
    Path(os.environ["STORY_SECRETS"]).write_text(json.dumps(secrets), encoding="utf-8")
    print(json.dumps([[result.case, result.backend, result.outcome, result.reason] for result in results]))


if __name__ == "__main__":
    main()
