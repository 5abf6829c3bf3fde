"""Small changes of statements in SQL, one at a time, as those of Python in `tests/mutation/changes.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OTHER = (
    (r"<>", "="),
    (r"<=", "<"),
    (r">=", ">"),
    (r"<(?![=>])", "<="),
    (r"(?<![<=])>(?!=)", ">="),
    (r"(?<![<>:])=(?!>)", "<>"),
    (r"\bAND\b", "OR"),
    (r"(?<!CREATE )\bOR\b", "AND"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bIS DISTINCT FROM\b", "IS NOT DISTINCT FROM"),
    (r"\bIS NOT DISTINCT FROM\b", "IS DISTINCT FROM"),
    (r"\bNOT EXISTS\b", "EXISTS"),
    (r"(?<!NOT )(?<!IF )\bEXISTS\b", "NOT EXISTS"),
    (r"\bNOT IN\b", "IN"),
    (r"(?<!NOT )\bIN\b(?= \()", "NOT IN"),
    (r"(?<= )\+(?= )", "-"),
    (r"(?<= )-(?= )", "+"),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\bgreatest\(", "least("),
    (r"\bleast\(", "greatest("),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"\bDESC\b", "ASC"),
    (r"\bORDER BY [\w.]+(?:, [\w.]+)*\b(?! DESC)(?= LIMIT| FOR |$|\"|\))", r"\g<0> DESC"),
    (r"\bFOR UPDATE(?: SKIP LOCKED)?", ""),
    (r" SKIP LOCKED", ""),
    (r"\bDISTINCT (?!FROM)", ""),
    (r"\bPERFORM\b[^;]*;", "NULL;"),
)

OTHER = tuple((re.compile(pattern, re.MULTILINE), other) for pattern, other in _OTHER)
"""What is found in a statement, and what stands in its place."""

NUMBER = re.compile(r"(?<![\w$'%.{])\d+(?![\w.'}])")

_ASSIGNED = re.compile(r"\bSET\s+(?!\()(.*?)(?=\bWHERE\b|\bRETURNING\b|;|$)", re.DOTALL)

_COMMENT = re.compile(r"--[^\n]*")


def is_statement(text: str) -> bool:
    """Whether a text is SQL, or a part of it."""
    return re.search(r"\b(SELECT|UPDATE|INSERT|DELETE|WHERE|AND|ORDER BY)\b", text) is not None


def statement_changes(text: str) -> Iterator[tuple[str, str]]:
    """Yield every change of a statement: what it is told by, and the whole after it."""
    silent = [match.span() for match in _COMMENT.finditer(text)]
    for begin, middle, end in _assignments(text):
        if end > begin:
            yield _told(text, begin, end, ""), text[:begin] + text[end:]
        silent.append((begin, middle))
    found = [(*match.span(), match.expand(other)) for known, other in OTHER for match in known.finditer(text)]
    found += [(*match.span(), str(int(match[0]) + 1)) for match in NUMBER.finditer(text)]
    for begin, end, other in sorted(found):
        if not any(first <= begin < last for first, last in silent):
            yield _told(text, begin, end, other), text[:begin] + other + text[end:]


def _assignments(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where each assignment of a ``SET`` begins, where its value does, and where it ends with its comma.

    The only one of a ``SET`` cannot be left out, and ends where it begins.
    """
    for match in _ASSIGNED.finditer(text):
        begin, last = match.start(1), match.start(1) + len(match[1].rstrip())
        if "=" not in match[1]:  # what is assigned is filled in
            continue
        commas = [at for at in range(begin, last) if text[at] == "," and _is_level(text[begin:at])]
        for start, end in zip([begin, *commas], [*commas, last], strict=True):
            value = text.index("=", start) + 1
            if start == begin:
                yield start, value, end + 1 if commas else start
            else:
                yield start, value, end


def _is_level(text: str) -> bool:
    """Whether all that was opened in a text is closed."""
    return text.count("(") == text.count(")") and len(re.findall(r"\bCASE\b", text)) == len(
        re.findall(r"\bEND\b", text)
    )


def _told(text: str, begin: int, end: int, other: str) -> str:
    around = 24
    left, right = text[max(0, begin - around) : begin], text[end : end + around]
    return " ".join(f"{left}[{text[begin:end]} -> {other}]{right}".split())
