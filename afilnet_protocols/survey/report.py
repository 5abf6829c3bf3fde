"""What a survey found, for people and programs: words of its facts only, whatever the service said."""

from __future__ import annotations

from afilnet_protocols.dialects.dimension import Answer
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.survey.examination import Survey
from afilnet_protocols.survey.fact import Fact
from afilnet_protocols.survey.facts import BY_NAME, FACTS

OPTIONS = {"send_to": "--send-to", "wrong_password": "--wrong-password", "party": "--party"}
"""How the command line permits what a fact takes."""

_WITHOUT = {"soap_wsdl": "soap_wsdl, a file", "json_url": "json_url and token_url"}


def told(survey: Survey) -> list[dict[str, Answer | None]]:
    """Return a row for each fact: what was seen, what is assumed, whether the two agree, and why nothing was seen."""
    rows: list[dict[str, Answer | None]] = []
    for fact in FACTS:
        seen, assumed = survey.seen.get(fact.name), fact.assumed
        agrees = None if seen is None or assumed is None else seen == assumed
        why = None if seen is not None else _why_unseen(fact)
        rows.append({"fact": fact.name, "seen": seen, "assumed": assumed, "agrees": agrees, "not_seen": why})
    return rows


def takes(fact: Fact) -> list[str]:
    """Return what a fact takes: an option, settings; nothing for most."""
    option = [OPTIONS[fact.consent]] if fact.consent else []
    return [*option, *([f"the settings {_WITHOUT[fact.setting]}"] if fact.setting else [])]


def _why_unseen(fact: Fact) -> str:
    """Return why a fact did not show: what it takes, if it takes anything."""
    return f"with {' and '.join(takes(fact))}" if takes(fact) else "nothing there showed it"


def fact_of(name: str) -> Fact:
    """Return a fact by its name.

    Raises:
        ConfigurationError: there is no such fact.
    """
    fact = BY_NAME.get(name)
    if fact is None:
        raise ConfigurationError(f"--explain: there is no fact {quoted(name)}: {did_you_mean(name, BY_NAME)}")
    return fact


def as_data(fact: Fact) -> dict[str, object]:
    """Return for programs what :func:`explained` tells people."""
    values = [
        {"value": each.value, "about": each.about, "provenance": str(each.provenance)} for each in fact.dimension.values
    ]
    about: dict[str, object] = {"fact": fact.name, "about": fact.dimension.about, "asked_by": fact.asked_by}
    return about | {
        "takes": takes(fact),
        "values": values,
        "assumed": fact.assumed,
        "stays_open": fact.stays or None,
        "not_seen": _why_unseen(fact),
    }


def explained(fact: Fact) -> str:
    """Return what a fact may be, how it is found out, and what stays open."""
    name = fact.name
    lines = [f"{name}: {fact.dimension.about}", f"asked by: {fact.asked_by}"]
    lines += [f"takes: {', '.join(takes(fact))}"] if takes(fact) else []
    lines += [f"  {written(value.value)}: {value.about} ({value.provenance})" for value in fact.dimension.values]
    lines.append(f"assumed: {written(fact.assumed) if fact.assumed is not None else 'nothing'}")
    return "\n".join([*lines, *([f"stays open: {fact.stays}"] if fact.stays else [])])


def unseen(survey: Survey) -> list[str]:
    """Return lines about the facts that did not show: by what they take, and which stay open in spite of all."""
    left = [fact for fact in FACTS if fact.name not in survey.seen]
    by_need: dict[str, list[str]] = {}
    for fact in left:
        by_need.setdefault(_why_unseen(fact), []).append(fact.name)
    # What takes something comes after what nothing would have shown.
    ordered = sorted(by_need.items(), key=lambda item: item[0].startswith("with "))
    return [f"  {why}: {', '.join(names)}" for why, names in ordered]


def written(answer: Answer | None) -> str:
    """Return an answer as ``dialect.toml`` writes it, without quotes; empty for none."""
    if answer is None:
        return ""
    return str(answer).lower() if isinstance(answer, bool) else str(answer)
