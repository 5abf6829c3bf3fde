"""`afilnet completion`: what makes a shell complete commands, options, and the values that are known."""

from __future__ import annotations

from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_line

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
    if (( $#found )); then compadd -- $found; else _files; fi
}}
compdef _afilnet afilnet
""",
    "fish": f"""\
complete -c afilnet -a '({_ASK} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
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
    "words", required=False, multiple=True, metavar="[WORD]...", help="For words: what was written so far, behind --."
)
def completion(*, shell: str, words: tuple[str, ...]) -> None:
    """Print what makes a shell complete commands and options: eval "$(afilnet completion bash)" in its start file.

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
    from afilnet_protocols.cli.commands import Commands

    *before, last = words or ("",)
    at: grammar.Command = Commands("afilnet", about="")
    expected: kinds.Kind | None = None
    for word in before:
        if expected is not None:
            expected = None
        elif word.startswith("-"):
            taking = [each for each in at.options if word in each.opts and not each.flag]
            expected = taking[0].kind if taking else None
        elif isinstance(at, grammar.Group):
            at = at.find(word) or at
    if expected is not None:
        known = list(expected.values) if isinstance(expected, kinds.Choice) else []
    elif isinstance(at, grammar.Group) and not last.startswith("-"):
        known = list(at.names())
    else:
        known = [word for each in at.options for word in (*each.opts, *each.opposite)]
    return [each for each in known if each.startswith(last)]
