"""`afilnet completion`: what makes a shell complete commands, options, and the values that are known."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_line
from afilnet_protocols.errors import AfilnetError

_ASK = "afilnet completion words --"

SCRIPTS = {
    "bash": f"""\
_afilnet() {{
    local IFS=$'\\n'
    COMPREPLY=($({_ASK} "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null))
}}
complete -o default -F _afilnet afilnet
""",
    "zsh": f"""\
_afilnet() {{
    local -a found
    found=(${{(f)"$({_ASK} "${{(@)words[2,CURRENT]}}" 2>/dev/null)"}})
    if (( $#found )); then compadd -- $found; else compset -P '--*='; _files; fi
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}
compdef _afilnet afilnet
""",
    "fish": f"""\
function __afilnet_found
    set -g __afilnet_words ({_ASK} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    test (count $__afilnet_words) -gt 0
end
complete -c afilnet -n __afilnet_found -f -a '$__afilnet_words'
""",
}
"""What a shell has to read, by its name. Each asks the command itself, so that it never falls behind."""


def command(name: str) -> grammar.Command:
    """Return the command."""
    return completion


@grammar.command()
@grammar.argument(
    "shell", kind=kinds.Choice([*SCRIPTS, "words"]), metavar="bash|zsh|fish|words", help="What to print it for."
)
@grammar.argument(
    "words",
    # The last is empty where a new word is begun.
    kind=kinds.ANYTHING,
    required=False,
    multiple=True,
    metavar="[WORD]...",
    help="For words: what was written so far, behind --.",
)
def completion(*, shell: str, words: tuple[str, ...]) -> None:
    """Print what makes a shell complete commands and options.

    In the start file of bash or zsh: eval "$(afilnet completion bash)".
    In that of fish: afilnet completion fish | source

    With words, as the shells ask for it: what the last of the words behind -- may become, one on a line.
    """
    if shell != "words":
        print_line(SCRIPTS[shell].rstrip())
        return
    for each in candidates(words):
        print_line(each)


def candidates(words: tuple[str, ...]) -> list[str]:
    """Return what the last word may become.

    Args:
        words: those behind ``afilnet``; the last may be empty.
    """
    from afilnet_protocols.cli.commands import VERSION, Commands

    (*before, last), kept = _rejoined(words or ("",))
    at: grammar.Command = Commands("afilnet", about="", params=[VERSION])
    expected: kinds.Kind | None = None
    places = 0
    for word in before:
        if expected is not None:
            expected = None
        elif word.startswith("-"):
            expected = _taken_by(at, word)
        elif isinstance(at, grammar.Group):
            inner = at.find(word)
            if inner is None:
                return []
            at = inner
        else:
            places += 1
    name, equals, _ = last.partition("=")
    if expected is None and equals and last.startswith("--"):
        inside = _taken_by(at, name)
        found = [f"{name}={each}" for each in _known(inside)] if inside is not None else []
    elif expected is not None:
        found = _known(expected)
    elif last.startswith("-"):
        found = [word for each in at.options for word in (*each.opts, *each.opposite)]
    elif isinstance(at, grammar.Group):
        found = list(at.names())
    else:
        found = _in_place(at, places)
    return [each[kept:] for each in found if each.startswith(last)]


def _taken_by(at: grammar.Command, word: str) -> kinds.Kind | None:
    """Return the kind of the value that an option takes; ``None`` if it takes none."""
    return next((each.kind for each in at.options if word in each.opts and not each.flag), None)


def _in_place(at: grammar.Command, place: int) -> list[str]:
    """Return what may stand in a place: of a path nothing is known, so that the shell offers files; else options."""
    arguments = at.arguments
    if arguments and (place < len(arguments) or arguments[-1].multiple):
        return _known(arguments[min(place, len(arguments) - 1)].kind)
    return [word for each in at.options for word in (*each.opts, *each.opposite)]


def _known(kind: kinds.Kind) -> list[str]:
    try:
        return list(kind.known())
    except (AfilnetError, ImportError):
        # Neither a part that is not installed nor a settings file that is wrong is of any matter while one types.
        return []


def _rejoined(words: Sequence[str]) -> tuple[list[str], int]:
    """Put together what bash takes apart at ``:`` and ``=``; return how much of the last word it keeps to itself."""
    whole: list[str] = []
    kept, joins = 0, False
    for word in words:
        is_break = bool(word) and not word.strip(":=")
        if whole and (is_break or joins):
            kept = len(whole[-1]) + (len(word) if is_break else 0)
            whole[-1] += word
        else:
            kept = 0
            whole.append(word)
        joins = is_break
    return whole, kept
