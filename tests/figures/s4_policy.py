"""S4: the policy equals a plain table on every combination, and what it refuses opens no socket."""

from __future__ import annotations

import socket
from unittest import mock

from afilnet_protocols import SecurityPolicyError
from afilnet_protocols.security import policy
from afilnet_protocols.security.policy import check_settings
from tests.figures.figure import Figure, Run
from tests.security.test_policy_lattice import cases, disagreements, oracle, subject

RULES = ("_why_not_verified", "_why_not_pinned", "_why_not_short_lived", "_why_not_bound", "_why_not_tls13")


def measure(run: Run) -> Figure:
    """Compare policy and table, with and without each rule, and count the sockets of refused settings."""
    figure = Figure("policy: every combination of protocol, minimum and evidence against a plain table", run.seed)
    every = list(cases())
    wrong = list(disagreements(every))
    refused, opened = _refused()
    noticed = 0
    for rule in RULES:
        with mock.patch.object(policy, rule, return_value=""):
            noticed += any(disagreements(every))
    figure.counts = {
        "combinations": len(every),
        "combinations for each level": {level: sum(oracle(case) == level for case in every) for level in LEVELS},
        "differing from the table": len(wrong),
        "settings refused before any connection": refused,
        "sockets opened by them": opened,
        "control: rules whose removal is noticed": f"{noticed} of {len(RULES)}",
    }
    figure.targets = {
        "at least 1,000 combinations": len(every) >= 1000,
        "none differs": not wrong,
        "refused ones open no socket": refused > 100 and opened == 0,
        "a policy without any of its rules differs": noticed == len(RULES),
    }
    figure.examples = [" ".join(case) for case in wrong]
    return figure


LEVELS = ("none", "low", "medium", "medium_high", "high", "maximum")


def _refused() -> tuple[int, int]:
    """Count the settings that are refused, and the sockets and look-ups meanwhile."""
    with mock.patch.object(socket, "socket") as made, mock.patch.object(socket, "getaddrinfo") as looked_up:
        refused = 0
        for case in cases():
            if case[5] == case[6] == "unseen":
                try:
                    check_settings(subject(case))
                except SecurityPolicyError:
                    refused += 1
        return refused, made.call_count + looked_up.call_count
