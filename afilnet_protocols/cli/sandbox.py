"""`afilnet sandbox`: the service on loopback, until it is interrupted."""

from __future__ import annotations

import contextlib
import signal
import webbrowser
from pathlib import Path
from queue import SimpleQueue

from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.options.place import as_a_word
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_line, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.cli.terminal.streams import is_lost
from afilnet_protocols.extras import demand

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PORT = kinds.Number(int, 0, 65535)


def command(name: str) -> grammar.Command:
    """Return the command."""
    return sandbox


@grammar.command()
@grammar.option("--port", kind=_PORT, default=0, help="The port of HTTPS; 0 takes any free one.")
@grammar.option("--plain-port", kind=_PORT, default=0, help="The port of plain HTTP; 0: any free one.")
@grammar.option("--page-port", kind=_PORT, default=0, help="The port of the page; 0: any free one.")
@grammar.option("--open", "show", flag=True, help="Open the page in a browser.")
@grammar.option(
    "--db", kind=kinds.NEW_FILE, help="An SQLite file that keeps the state over restarts, of one sandbox at a time."
)
@grammar.option("--like", kind=known.DIALECT, help="How it speaks: a dialect.toml, or a built-in dialect.")
@grammar.option("--mutant", kind=known.MUTANT, help="Serve with a known defect, such as S07.")
@grammar.json_option
def sandbox(
    *,
    port: int,
    plain_port: int,
    page_port: int,
    show: bool,
    db: Path | None,
    like: str | None,
    mutant: str | None,
    json: bool,
) -> None:
    """Serve all five protocols on this machine, for trying things out, until interrupted (Ctrl-C)."""
    demand("sandbox", "afilnet sandbox")
    from afilnet_protocols.sandbox import Sandbox
    from afilnet_protocols.sandbox.mutants import by_id

    broken = None if mutant is None else by_id(mutant)
    # A handler may come in the middle of the wait, where it would wait for an event's lock for ever.
    ended: SimpleQueue[None] = SimpleQueue()
    # A terminal that is closed ends it too, unless it was told not to mind that (nohup).
    ending = [each for each in _ENDING if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: ended.put(None)) for number in ending}
    try:
        components = None if broken is None else broken.components
        with contextlib.ExitStack() as stack:
            with at_work("starting", silent=json):
                running = stack.enter_context(
                    Sandbox(
                        db=db, port=port, plain_port=plain_port, page_port=page_port, components=components, like=like
                    )
                )
            if json:
                print_json(running.describe(), indent=None)
            else:
                if broken is not None:
                    print_text(f"This server is broken on purpose ({broken.id}): {broken.about}.\n")
                if like is not None:
                    print_text(f"It speaks as {running.dialect.title or like}.\n")
                _introduce(running.describe())
            if is_lost():
                return  # nobody could be told where it serves
            if show:
                webbrowser.open(running.page_url)
            ended.get()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _introduce(described: dict[str, str]) -> None:
    print_table(["what", "value"], described.items())
    print_text("\nIn another terminal (the sandbox's secrets guard nothing):\n")
    for name in ("base_url", "ca_file", "user", "password"):
        print_line(f"  export AFILNET_{name.upper()}={as_a_word(described[name])}")
    print_text("  afilnet channels")
    print_text("  afilnet send --platform whatsapp --platform-id 100 --destination 34600000000 --message 'hola'")
    print_text(f"\nThe page, to see conversations and how each message travelled: {described['page_url']}")
    print_text("\nCtrl-C ends it.")
