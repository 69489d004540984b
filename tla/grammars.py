"""The small grammars of this folder: text to a lark tree, every mistake in the text to one line.

A message says what was seen and all that could have stood there. What always comes together (whatever may
begin a value, the keywords of a configuration) is named by one word. No grammar here knows a meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.lexer import PatternStr

from .errors import Span, TlaError, did_you_mean

WORDS = {"NAME": "a name", "INTEGER": "a number", "STRING": "a string", "$END": "the end"}
"""What a terminal is called that is no fixed text."""


def token_span(token: Token, file: str) -> Span:
    assert token.line is not None
    assert token.column is not None
    assert token.end_line is not None
    assert token.end_column is not None
    return Span(file, token.line, token.column, token.end_line, token.end_column)


@dataclass(frozen=True, slots=True)
class Grammar:
    """A lark file of this folder.

    `groups` tells the words that stand for whole sets of alternatives; it is asked where there is a mistake.
    """

    parser: Lark
    groups: Callable[[], Mapping[str, frozenset[str]]] = dict

    @classmethod
    def open(cls, lark_file: str, start: str) -> Grammar:
        # The basic lexer and not the contextual one: a keyword is one everywhere, so that a value left out is
        # reported where it is missing and the keyword after it not taken for a name.
        parser = Lark.open(
            lark_file, rel_to=__file__, start=start, parser="lalr", lexer="basic", maybe_placeholders=False
        )
        return cls(parser)

    def begins(self) -> frozenset[str]:
        """What a text may begin with, in words."""
        return frozenset(self._words(self.parser.parse_interactive("").accepts()))  # type: ignore[no-untyped-call]

    def parse(self, text: str, file: str) -> Tree[Token]:
        progress = self.parser.parse_interactive(text)
        try:
            progress.exhaust_lexer()
            tree: Tree[Token] = progress.feed_eof()  # type: ignore[no-untyped-call]
        except UnexpectedToken as error:
            if error.token.type == "$END":
                seen, span = "the end", _end(text, file)
            else:
                seen, span = f"`{error.token}`", token_span(error.token, file)
        except UnexpectedCharacters as error:
            seen = f"`{error.char}`"
            span = Span(file, error.line, error.column, error.line, error.column + 1)
        else:
            return tree
        words = frozenset(self._words(progress.accepts()))  # type: ignore[no-untyped-call]
        meant = did_you_mean(seen.strip("`").upper(), [word.strip("`") for word in words])
        raise TlaError(f"saw {seen}, expected {_listed(self._grouped(words))}{meant}", span)

    def _words(self, terminals: Iterable[str]) -> Iterable[str]:
        for name in terminals:
            if name in WORDS:
                yield WORDS[name]
            else:
                pattern = self.parser.get_terminal(name).pattern
                assert isinstance(pattern, PatternStr), f"the terminal {name} needs a word in WORDS"
                yield f"`{pattern.value}`"

    def _grouped(self, words: frozenset[str]) -> Iterable[str]:
        for word, group in self.groups().items():
            if group <= words:
                words = words - group | {word}
        return words


def _end(text: str, file: str) -> Span:
    line = text.count("\n") + 1
    column = len(text) - text.rfind("\n")
    return Span(file, line, column, line, column)


def _listed(choices: Iterable[str]) -> str:
    *most, last = sorted(choices)
    return f"{', '.join(most)} or {last}" if most else last
