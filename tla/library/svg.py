"""SVG: pictures as records [name, attrs, children, innerText], and as text."""

from __future__ import annotations

import math
from typing import NoReturn

from ..errors import TlaError
from ..values import Value, field, finite, function, items, order_key, record, shown, strict
from .arguments import number, text
from .declaration import Library
from .io_utils import serialize, zero_padded
from .tlc import to_string

SVG = Library("SVG")


@SVG.operator("SVGElem")
def element(name: Value, attributes: Value, children: Value, inner: Value) -> Value:
    """SVGElem(name, attrs, children, innerText): the record of an element."""
    return record(name=name, attrs=strict(attributes), children=strict(children), innerText=inner)


def _with(attributes: Value, **own: Value) -> Value:
    """Attributes as text, those of the element before those that are given."""
    return function({**dict(items(attributes)), **{name: to_string(value) for name, value in own.items()}})


@SVG.operator("Line")
def line(x1: Value, y1: Value, x2: Value, y2: Value, attributes: Value) -> Value:
    """Line(x1, y1, x2, y2, attrs)"""
    return element("line", _with(attributes, x1=x1, y1=y1, x2=x2, y2=y2), (), "")


@SVG.operator("Circle")
def circle(cx: Value, cy: Value, r: Value, attributes: Value) -> Value:
    """Circle(cx, cy, r, attrs)"""
    return element("circle", _with(attributes, cx=cx, cy=cy, r=r), (), "")


@SVG.operator("Rect")
def rectangle(x: Value, y: Value, width: Value, height: Value, attributes: Value) -> Value:
    """Rect(x, y, w, h, attrs)"""
    return element("rect", _with(attributes, x=x, y=y, width=width, height=height), (), "")


@SVG.operator("Text")
def text_at(x: Value, y: Value, shown: Value, attributes: Value) -> Value:
    """Text(x, y, text, attrs)"""
    return element("text", _with(attributes, x=x, y=y), (), shown)


@SVG.operator("Image")
def image(x: Value, y: Value, width: Value, height: Value, href: Value, attributes: Value) -> Value:
    """Image(x, y, width, height, href, attrs)"""
    own = dict(items(_with(attributes, x=x, y=y, width=width, height=height)))
    return element("image", function({**own, "xlink:href": href}), (), "")


@SVG.operator("Group")
def group(children: Value, attributes: Value) -> Value:
    """Group(children, attrs)"""
    return element("g", attributes, children, "")


@SVG.operator("Svg")
def svg(children: Value, attributes: Value) -> Value:
    """Svg(children, attrs)"""
    return element("svg", attributes, children, "")


@SVG.operator("SVGDoc")
def document(children: Value, x: Value, y: Value, width: Value, height: Value, attributes: Value) -> Value:
    """SVGDoc(children, x, y, w, h, attrs): a whole picture that shows the part which is given."""
    own = {
        "xmlns": "http://www.w3.org/2000/svg",
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "viewBox": " ".join(map(to_string, (x, y, width, height))),
    }
    return svg((children,), function({**dict(items(attributes)), **own}))


@SVG.operator("SVGElemToString")
def element_to_string(elem: Value) -> str:
    """SVGElemToString(elem): the element as text, attributes in the order of their names."""
    name = text(field(elem, "name"))
    pairs = sorted(items(field(elem, "attrs")), key=lambda pair: order_key(pair[0]))
    attributes = "".join([f" {text(key).replace('_', '-')}='{text(value)}'" for key, value in pairs])
    children = sorted(items(field(elem, "children")), key=lambda pair: order_key(pair[0]))
    inner = text(field(elem, "innerText")).replace("<<", "&lt;&lt;").replace(">>", "&gt;&gt;")
    inside = inner + "".join([element_to_string(child) for _, child in children])
    return f"<{name}{attributes}>{inside}</{name}>"


@SVG.operator("SVGSerialize", pure=False)
def serialize_picture(picture: Value, prefix: Value, frame: Value) -> Value:
    """SVGSerialize(svg, prefix, number): writes the picture to a file `prefix00n.svg`."""
    options = record(format="TXT", charset="UTF-8", openOptions=("WRITE", "CREATE", "TRUNCATE_EXISTING"))
    return serialize(element_to_string(picture), f"{text(prefix)}{zero_padded(frame, 3)}.svg", options)


# --- where to put things ------------------------------------------------------------------------------------


@SVG.operator("NodeOfRingNetwork")
def node_of_ring(cx: Value, cy: Value, radius: Value, n: Value, of: Value) -> Value:
    """NodeOfRingNetwork(cx, cy, r, n, m): where the n-th of m nodes on a circle stands, [x, y]."""
    if number(of) == 0:
        raise TlaError("expected a number of nodes above 0, saw 0")
    angle = 2.0 * math.pi / of * number(n)
    return record(
        x=int(number(cx) + number(radius) * math.cos(angle)), y=int(number(cy) + radius * math.sin(angle))
    )


@SVG.operator("PointOnLine")
def point_on_line(start: Value, end: Value, segment: Value) -> Value:
    """PointOnLine(from, to, n): the n-th part of the way, [x, y]."""
    if number(segment) == 0:
        raise TlaError("expected a part of the line, saw 0")
    x, y = (number(field(start, name)) for name in ("x", "y"))
    dx, dy = (number(field(end, name)) - number(field(start, name)) for name in ("x", "y"))
    return record(x=int(x + dx / segment), y=int(y + dy / segment))


@SVG.operator("NodesOfDirectedMultiGraph")
def nodes_of_graph(nodes: Value, edges: Value, options: Value) -> NoReturn:
    """NodesOfDirectedMultiGraph(nodes, edges, options): refused, graphs are not laid out here."""
    raise TlaError(f"there is no layout for graphs here, saw one of {shown(finite(nodes))}")
