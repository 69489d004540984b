------------------------------- MODULE Pictures -------------------------------
\* Community module SVG.
EXTENDS SVG, Integers, Sequences, TLC

ASSUME SVGElem("g", [id |-> "a"], <<>>, "") = [name |-> "g", attrs |-> [id |-> "a"], children |-> <<>>, innerText |-> ""]
ASSUME Line(1, 2, 3, 4, <<>>).attrs = [x1 |-> "1", y1 |-> "2", x2 |-> "3", y2 |-> "4"]
ASSUME Circle(1, 2, 3, [fill |-> "red"]).attrs = [cx |-> "1", cy |-> "2", r |-> "3", fill |-> "red"]
ASSUME Rect(1, 2, 3, 4, <<>>).attrs = [x |-> "1", y |-> "2", width |-> "3", height |-> "4"]
ASSUME Text(1, 2, "<<a>>", <<>>).innerText = "<<a>>"
ASSUME SVGElemToString(SVGElem("text", [font_size |-> "9"], <<>>, "<<a>>")) = "<text font-size='9'>&lt;&lt;a&gt;&gt;</text>"
ASSUME SVGElemToString(Group(<<SVGElem("a", <<>>, <<>>, ""), SVGElem("b", <<>>, <<>>, "")>>, <<>>)) = "<g><a></a><b></b></g>"
ASSUME Image(1, 2, 3, 4, "a.png", <<>>).attrs["xlink:href"] = "a.png"
ASSUME LET d == SVGDoc(Svg(<<>>, <<>>), 0, 1, 2, 3, <<>>) IN d.attrs["viewBox"] = "0 1 2 3" /\ Len(d.children) = 1
ASSUME NodeOfRingNetwork(10, 10, 5, 0, 4) = [x |-> 15, y |-> 10] /\ NodeOfRingNetwork(10, 10, 5, 2, 4).x = 5
ASSUME PointOnLine([x |-> 0, y |-> 0], [x |-> 10, y |-> -5], 2) = [x |-> 5, y |-> -2]
================================================================================
