"""How many examples a generated law is given: few in the README's command, more in `.ci/run`, most on demand.

The short form of a law is as long as it takes to find the builds that are broken for it on purpose: a tenth of the
examples, where these find all of them. The profile is chosen before any test is imported: `--hypothesis-profile proof`
for the proofs, `--long` for the long form, and otherwise the short one.
"""

from __future__ import annotations

import hypothesis

SHORT, PROOF, LONG = "short", "proof", "long"
USUAL = {SHORT: 30, PROOF: 100, LONG: 5_000}
"""The examples of a law that does not say how many it takes, by the name of the profile."""


def examples(short: int, *, proof: int, long: int | None = None) -> int:
    """Return the number of examples of this run: `short` in the README's command, `proof` in `.ci/run`.

    In the long form it is `long`, or fifty times what a proof has.
    """
    profile = hypothesis.settings.get_current_profile_name()
    return {PROOF: proof, LONG: 50 * proof if long is None else long}.get(profile, short)


def is_short() -> bool:
    """Whether this is a run of the README's command."""
    return hypothesis.settings.get_current_profile_name() == SHORT
