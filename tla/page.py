"""A self-contained page of HTML: no script, nothing from the network, and every text escaped.

Elements are those of xml.etree; what is written of them cannot be anything but text and attributes. A policy
in the page forbids the browser to load or to run anything, should there be a mistake here.
"""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def element(tag: str, attributes: dict[str, str] | None = None, *content: Element | str) -> Element:
    """An element with this content, text and elements as they come."""
    made = Element(tag, {name: visible(value) for name, value in (attributes or {}).items()})
    last: Element | None = None
    for part in content:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif last is None:
            made.text = (made.text or "") + visible(part)
        else:
            last.tail = (last.tail or "") + visible(part)
    return made


def visible(text: str) -> str:
    """Text in which nothing acts on the reader's screen: control characters and such become escapes."""
    return "".join(c if c == "\n" or not _acts(c) else f"\\u{ord(c):04x}" for c in text)


def _acts(c: str) -> bool:
    """Control, format (such as the marks that turn the direction of text), surrogate, private, unassigned."""
    return unicodedata.category(c).startswith("C")


def page(title: str, style: str, *content: Element) -> str:
    """The page, with these elements in its body."""
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width"}),
        element("title", {}, title),
        element("style", {}, style),
    )
    whole = element("html", {"lang": "en"}, head, element("body", {}, *content))
    return "<!DOCTYPE html>\n" + ElementTree.tostring(whole, encoding="unicode", method="html") + "\n"
