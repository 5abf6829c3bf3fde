"""`afilnet migrate status`: what was seen of a profile's candidate so far, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings.validation import complaint
from afilnet_protocols.suggestion import named

if TYPE_CHECKING:
    from afilnet_protocols.migration.advice import Advice
    from afilnet_protocols.migration.configured import Migration
    from afilnet_protocols.migration.state import State
    from afilnet_protocols.settings.sources import Resolved


def command(name: str) -> grammar.Command:
    """Return the group."""
    return migrate


@grammar.group()
def migrate() -> None:
    """Watch a profile that tries another one out."""


@migrate.command()
@grammar.option("--profile", kind=known.PROFILE, help="The profile in afilnet.toml.")
@grammar.json_option
def status(*, profile: str | None, json: bool) -> None:
    """Show counts, differences and a recommendation: keep, go (exit code 0) or no-go (1)."""
    from afilnet_protocols.migration.advice import Word, advise
    from afilnet_protocols.migration.configured import check_candidate, migration_of
    from afilnet_protocols.migration.state import State, check_folder, read_state
    from afilnet_protocols.settings.sources import resolve

    resolved = resolve(profile, {})
    migration = migration_of(resolved)
    if migration is None:
        raise _no_table(resolved)
    if migration.state is None:
        raise ConfigurationError(f'profile {named(migration.profile)}, migration: set state = "FILE" to keep counts')
    check_candidate(migration)
    names = (migration.mode, migration.profile, migration.candidate)
    state = read_state(migration.state)
    if state is None:
        check_folder(migration.state)
    if state is None or not state.is_of(*names):
        state = State(mode=migration.mode, profile=migration.profile, candidate=migration.candidate)
    advice = advise(migration.mode, state.counts, enough=migration.enough, left_out=migration.left_out)
    if json:
        print_json(_data(migration, state, advice))
    else:
        _show(state, advice)
    if advice.word is Word.NO_GO:
        raise Exit(ExitCode.DISAGREEMENT)


def _no_table(resolved: Resolved) -> ConfigurationError:
    """Return why there is nothing to show: perhaps a profile or a file is none."""
    if resolved.faults:
        return complaint([fault.text for fault in resolved.faults])
    if resolved.profile is None:
        return ConfigurationError(
            "no profile is chosen: name one with --profile that has a table [profiles.NAME.migration]"
        )
    name = named(resolved.profile)
    return ConfigurationError(f"profile {name} has no table [profiles.{name}.migration], or is a candidate itself")


def _data(migration: Migration, state: State, advice: Advice) -> dict[str, object]:
    import msgspec

    counts, coverage = state.counts, state.counts.coverage
    return {
        "mode": state.mode,
        "profile": state.profile,
        "candidate": state.candidate,
        "began": state.began,
        "updated": state.updated,
        "state": str(migration.state),
        "counts": counts.numbers,
        "operations": counts.judged,
        "left_out": {
            "calls": coverage.left_out,
            "of": coverage.calls,
            "share": round(coverage.share, 4),
            "allowed": migration.left_out,
            "operations": {
                operation: calls - counts.judged.get(operation, 0) for operation, calls in counts.asked.items()
            },
        },
        "differences": msgspec.to_builtins(counts.differences),
        "returns": counts.returns,
        "latency_ratio": None if counts.ratio is None else round(counts.ratio, 2),
        "enough": migration.enough,
        "recommendation": {"word": str(advice.word), "reasons": list(advice.reasons)},
    }


def _show(state: State, advice: Advice) -> None:
    counts = state.counts
    rows: list[tuple[str, object]] = [
        ("mode", state.mode),
        ("from", state.profile),
        ("to", state.candidate),
        ("since", state.began or "nothing was counted yet"),
        *((name.replace("_", " "), number) for name, number in counts.numbers.items()),
        ("left out", counts.coverage),
        *((name, f"{counts.judged.get(name, 0)} of {calls}") for name, calls in counts.asked.items()),
    ]
    if counts.ratio is not None:
        rows.append(("median time, to / from", f"{counts.ratio:.2f}"))
    print_table(["what", "seen"], rows)
    if counts.differences:
        print_text("")
        print_table(
            ["operation", "differs in", "at", state.profile, state.candidate, "calls"],
            [
                (seen.operation, seen.kind, seen.field, seen.primary, seen.candidate, seen.count)
                for seen in counts.differences
            ],
        )
    print_text(f"\nrecommendation: {advice.word}" + "".join(f"\n- {reason}" for reason in advice.reasons))
