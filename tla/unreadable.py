"""Why a text is no module, as far as its tokens tell: a comment, bracket, expression or module without end.

Where one of these is missing, the tree that the grammar makes of the rest says little of where that was.
Knows nothing of what stands between brackets: a text in which these are in order may be wrong all the same.
"""

from __future__ import annotations

import re

from .config import without_comments
from .errors import Span, TlaError

CLOSES = {"(": ")", "[": "]", "{": "}", "<<": ">>", "LET": "IN"}
"""What ends what. Between LET and IN, and nowhere else inside of something, definitions may begin."""

_OPENS = {last: first for first, last in CLOSES.items()}

_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\w+|={3,}|-{4,}|!<<|!>>|<<|>>|==|\\\w+|\\/|/\\|[()\[\]{}\']|(?:(?!<<|>>)[^\s\w()\[\]{}\'"\\])+|\S'
)
_GOES_ON = re.compile(
    r"==?|=>|<=>|~>|/\\|\\/|[-+#*%<>,:]|[<>]=|=<|\|->|->|\.\.|@@|:>|\\(?:in|notin|cup|cap|div|o|X)"
)
"""After which an expression must follow."""


def refuse(text: str, name: str, file: str) -> None:
    """Raises TlaError for the first such place in the module of that name, if there is one."""
    header = re.search(rf"-{{4,}}[ \t]*MODULE[ \t]+{re.escape(name)}\b[ \t]*-{{4,}}", text)
    if header is not None:
        before = re.sub(r"\S", " ", text[: header.end()])
        _Reading(without_comments(before + text[header.end() :], file), file).refuse(header)


class _Reading:
    """The tokens of a text, without its comments, and which brackets are open there."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.opened: list[re.Match[str]] = []

    def refuse(self, header: re.Match[str]) -> None:
        last = header
        for token in _TOKEN.finditer(self.text, header.end()):
            if token[0].startswith("===="):
                self.refuse_end(last, "module")
                return
            if token[0] == "===":
                raise TlaError("saw `===`, expected four `=` or more to end the module", self.span(token))
            if token[0] in CLOSES:
                self.opened.append(token)
            elif token[0] in _OPENS:
                self.close(token)
            elif token[0] == "==" and self.opened and self.opened[-1][0] != "LET":
                self.refuse_definition(token)
            last = token
        self.refuse_end(last, "file")
        message = "saw the end of the file, expected `====` after the last unit of the module"
        raise TlaError(message, self.span(last))

    def refuse_end(self, last: re.Match[str], what: str) -> None:
        """Where the module is not to end yet."""
        if self.opened:
            raise self.not_closed()
        if _GOES_ON.fullmatch(last[0]):
            message = f"saw the end of the {what} after `{last[0]}`, expected an expression"
            raise TlaError(message, self.span(last))

    def refuse_definition(self, token: re.Match[str]) -> None:
        """A `==` inside of brackets: they ought to end before it, or it ought to be a `=`."""
        line = self.text.rfind("\n", 0, token.start()) + 1
        if not self.text[line].isspace() and self.opened[-1].start() < line:
            raise self.not_closed()
        first = self.opened[-1]
        message = f"saw `==` after the `{first[0]}` at {self.at(first)}, expected `{CLOSES[first[0]]}` or `=`"
        raise TlaError(message, self.span(token))

    def close(self, token: re.Match[str]) -> None:
        if not self.opened:
            message = f"`{token[0]}` ends nothing, expected `{_OPENS[token[0]]}` before it"
            raise TlaError(message, self.span(token))
        first = self.opened.pop()
        if CLOSES[first[0]] != token[0]:
            message = (
                f"saw `{token[0]}`, expected `{CLOSES[first[0]]}` for the `{first[0]}` at {self.at(first)}"
            )
            raise TlaError(message, self.span(token))

    def not_closed(self) -> TlaError:
        first = self.opened[-1]
        return TlaError(f"the `{first[0]}` here has no `{CLOSES[first[0]]}`", self.span(first))

    def at(self, token: re.Match[str]) -> str:
        span = self.span(token)
        return f"{span.line}:{span.column}"

    def span(self, token: re.Match[str]) -> Span:
        line = self.text.count("\n", 0, token.start()) + 1
        column = token.start() - self.text.rfind("\n", 0, token.start())
        return Span(self.file, line, column, line, column + len(token[0]))
