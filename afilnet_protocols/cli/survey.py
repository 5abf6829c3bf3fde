"""`afilnet survey`: what a service does where the vendor leaves it open, found out by harmless calls."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols.cli.ending.interruption import Interrupted
from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.options.output_file import write_output
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import pause, print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import progress
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.plural import several
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.vocabulary import Delivery, Platform

if TYPE_CHECKING:
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.survey.examination import Consent, Party, Survey

_TOLD = ("seen", "assumed")
_WHO = "PLATFORM/ID/DESTINATION"


def command(name: str) -> grammar.Command:
    """Return the command."""
    return survey


@grammar.command()
@grammar.argument("name", kind=known.PROFILE, metavar="[PROFILE]", required=False, help="Whose service it is.")
@grammar.option("--send-to", metavar=_WHO, help="Who agreed to be sent a message, twice the same.")
@grammar.option("--wrong-password", flag=True, help="Try a wrong password, once over each API.")
@grammar.option("--party", metavar=_WHO, help="Who agreed to write when asked; their unread messages are read.")
@grammar.option("--dry-run", flag=True, help="List the calls, and make none.")
@grammar.option(
    "--explain",
    kind=known.FACT,
    help="Say what a fact such as json.status may be, and how it is found out.",
)
@grammar.option("--output", kind=kinds.OUTPUT, help="Where the dialect is written, such as dialect.toml.")
@grammar.json_option
@connected
def survey(
    *,
    connection: Connection,
    name: str | None,
    send_to: str | None,
    wrong_password: bool,
    party: str | None,
    dry_run: bool,
    explain: str | None,
    output: Path | None,
    json: bool,
) -> None:
    """Find out how a service speaks: at most 30 harmless calls, one a second; nothing is sent.

    What is printed and written holds words of this program only: no name, number, text or address.
    """
    if explain is not None:
        _explain(explain, as_json=json)
        return
    from afilnet_protocols.dialects import dumps
    from afilnet_protocols.survey.asking import asking
    from afilnet_protocols.survey.examination import Consent, examine

    if name is not None and connection.profile is not None:
        raise UsageError("Give the profile as PROFILE or with '--profile', not both.")
    consent = Consent(
        send_to=_party(send_to, "--send-to"),
        wrong_password=wrong_password,
        party=_party(party, "--party"),
        written=lambda: pause("Let the party write one message now, then press Enter."),
    )
    settings = (connection if name is None else Connection(name, connection.overrides)).settings()
    if dry_run:
        _rehearse(settings, consent, as_json=json)
        return
    with (
        _kept_free(output, consent),
        _progress(settings, consent, silent=json) as sleep,
        asking(settings, sleep=sleep) as asker,
    ):
        found = examine(settings, asker, consent)
    if output is not None:
        write_output(output, dumps(found.dialect).encode())
    _tell(found, as_json=json)


def _tell(found: Survey, *, as_json: bool) -> None:
    """Print what a survey has found out, and what it has not."""
    from afilnet_protocols.survey.report import told, unseen, written

    rows = told(found)
    if as_json:
        print_json({"calls": [made._asdict() for made in found.calls], "facts": rows})
        return
    print_table(["fact", "seen", "assumed"], [(row["fact"], *(written(row[it]) for it in _TOLD)) for row in rows])
    print_text(f"\n{several(len(found.calls), 'call')}; {len(found.seen)} of {len(rows)} facts seen.")
    if missing := unseen(found):
        print_text("Not seen ('afilnet survey --explain FACT' says how each is asked for):")
        print_text("\n".join(missing))
    news = [f"{row['fact']} {written(row['seen'])}" for row in rows if row["seen"] is not None and not row["agrees"]]
    if news:
        print_text("Other than assumed, or not known so far: " + ", ".join(news) + ".")
        print_text("Please report this line with the project's issue tracker: it holds nothing of your account.")


@contextlib.contextmanager
def _progress(settings: Settings, consent: Consent, *, silent: bool) -> Iterator[Callable[[float], None]]:
    """Show on a terminal how many calls were made; yield what waits between two. A question has its line for itself."""
    from afilnet_protocols.survey.examination import plan
    from afilnet_protocols.survey.purposes import MOST_CALLS

    most = min(sum(plan(settings, consent).values()), MOST_CALLS)
    with progress(most, "asking", patience=0, silent=silent or consent.party is not None) as tell:

        def sleep(seconds: float) -> None:
            tell("asking")
            time.sleep(seconds)

        yield sleep


def _explain(name: str, *, as_json: bool) -> None:
    from afilnet_protocols.survey.report import as_data, explained, fact_of

    fact = fact_of(name)
    if as_json:
        print_json(as_data(fact))
    else:
        print_text(explained(fact))


def _rehearse(settings: Settings, consent: Consent, *, as_json: bool) -> None:
    """Print the calls that a survey would make; refuse what it would refuse."""
    from afilnet_protocols.survey.examination import plan
    from afilnet_protocols.survey.purposes import JSON_CALLS, MOST_CALLS, SOAP_CALLS

    calls = plan(settings, consent)
    if as_json:
        print_json({"calls": calls})
        return
    print_table(["call", "how often at most"], calls.items())
    print_text(f"\nAt most {MOST_CALLS} in all.")
    if not set(SOAP_CALLS) & set(calls):
        print_text("No SOAP: soap_wsdl is no file, or none that can be used.")
    if not set(JSON_CALLS) & set(calls):
        print_text("No JSON: token_url is not set, or no token can be asked for.")


def _party(given: str | None, option: str) -> Party | None:
    from afilnet_protocols.survey.examination import Party

    if given is None:
        return None
    platform, _, rest = given.partition("/")
    identifier, _, destination = rest.rpartition("/")  # an identifier may hold a slash
    if not (platform and identifier and destination):
        raise ConfigurationError(f"{option} is {_WHO}, such as whatsapp/100/34600000000")
    if platform not in tuple(Platform):
        raise ConfigurationError(f"{option}: no platform {quoted(platform)}: {did_you_mean(platform, tuple(Platform))}")
    return Party(platform, identifier, destination)


@contextlib.contextmanager
def _kept_free(output: Path | None, consent: Consent) -> Iterator[None]:
    """See that a file can be written before calls are made, and leave none behind a survey that ended early."""
    made = output is not None and not output.exists()
    if output is not None:
        write_output(output, b"", mode="ab")
    try:
        yield
    except BaseException as ended:
        if output is not None and made:
            output.unlink(missing_ok=True)
        if isinstance(ended, KeyboardInterrupt) and (consent.send_to or consent.wrong_password or consent.party):
            look = "look at the conversation that was named; the same command again asks and sends anew"
            raise Interrupted("what was permitted may have been done", look, delivery=Delivery.UNKNOWN) from None
        raise
