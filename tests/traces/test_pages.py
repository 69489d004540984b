"""The pages as a browser shows them: five servers and sixty steps, and names that would like to act."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from raftcheck.traces.coverage import Covered, page
from raftcheck.traces.dialects.diagram import Diagram
from raftcheck.traces.dialects.timeline import Timeline
from raftcheck.traces.events import Event, NodeState
from raftcheck.traces.evidence import Evidence
from raftcheck.traces.validate import Validator

from .browser import Browser, browser
from .runs import run
from .test_diagrams import renamed, seen
from .test_verdict import ELECTION, GRANT

__all__ = ["browser"]

WIDE = 1400
"""Pixels: a window on a usual screen."""

ACTING = ("<img src=x onerror=\"document.title='acted'\">", "<script>document.title='acted'</script>")

TEXTS = """
    const box = document.querySelector("svg").getBoundingClientRect();
    const texts = [...document.querySelectorAll("svg text")].map(text => {
        const r = text.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(text).fontSize), words = text.firstChild.textContent;
        return {words, size, left: r.left, right: r.right, top: r.top, bottom: r.bottom};
    });
    return {box: {left: box.left, right: box.right, top: box.top, bottom: box.bottom}, texts,
            title: document.title, images: document.images.length, scripts: document.scripts.length};
"""

LISTING = """
    const tops = of => [...document.querySelectorAll(of)].map(e => e.getBoundingClientRect().top);
    const code = document.querySelector(".code");
    const height = of => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(of));
        return range.getBoundingClientRect().height;
    };
    const wide = [...document.querySelectorAll("main > *")].map(e => e.getBoundingClientRect().right);
    return {margin: height(".margin"), code: height(".code"),
            partly: document.querySelectorAll("[data-missing]").length,
            lines: tops(".margin span"), size: parseFloat(getComputedStyle(code).fontSize),
            right: Math.max(...wide), page: document.documentElement.scrollWidth};
"""


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    """Sixty steps of five servers, with elections, losses, crashes and commits."""
    servers, events = run(6, 5)
    assert len(servers) == 5
    found = seen(events, 40, 99)
    assert len(found.moments) == 60
    assert {moment.event.event for moment in found.moments} >= {"Timeout", "Crash", "Restart", "DropMessage"}
    assert {name for moment in found.moments for name in moment.taken} >= {
        "BecomeLeader",
        "AdvanceCommitIndex",
    }
    return found


def shown(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def overlaps(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two texts share more than a pixel, as a reader would notice."""
    return bool(
        one["left"] < other["right"] - 1
        and other["left"] < one["right"] - 1
        and one["top"] < other["bottom"] - 3
        and other["top"] < one["bottom"] - 3
    )


def assert_readable(found: dict[str, Any]) -> None:
    """Every text is in the picture, large enough, and on no other."""
    box, texts = found["box"], found["texts"]
    for text in texts:
        assert box["left"] <= text["left"], text
        assert text["right"] <= box["right"], text
        assert box["top"] <= text["top"], text
        assert text["bottom"] <= box["bottom"], text
        assert text["size"] >= 11, text
    for place, one in enumerate(texts):
        for other in texts[place + 1 :]:
            assert not overlaps(one, other), (one, other)


def test_the_diagram_of_five_servers_and_sixty_steps_is_readable(
    browser: Browser, timeline: Timeline, tmp_path: Path
) -> None:
    diagram = Diagram(timeline, "trace.ndjson", "conforms")
    path = shown(tmp_path, "diagram.html", diagram.page())
    look = browser.look(path, WIDE, 1950)
    assert look.requests == ()
    assert look.complaints == ()
    assert look.size == (WIDE, 1950)
    blank = browser.look(shown(tmp_path, "blank.html", ""), WIDE, 1950)
    assert look.screenshot.stat().st_size > 10 * blank.screenshot.stat().st_size
    found = browser.measure(path, WIDE, TEXTS)
    assert found["box"]["right"] <= WIDE, "one has to scroll sideways"
    assert sum(text["words"].isdigit() for text in found["texts"]) == 60
    assert_readable(found)


def test_names_that_would_act_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    wrong = replace(ELECTION[3], sends=(replace(GRANT, vote_granted=False),))
    names = (ACTING[0], "\u202e" + "W\u6f22" * 40)
    diagram = Diagram(seen(renamed((*ELECTION[:3], wrong), names)), ACTING[1], "diverges")
    path = shown(tmp_path, "acting.html", diagram.page())
    look = browser.look(path, WIDE, 500)
    assert look.requests == ()
    assert look.complaints == ()
    found = browser.measure(path, WIDE, TEXTS)
    assert found["title"] == f"{ACTING[1]}: diverges"
    assert found["images"] == 0
    assert found["scripts"] == 1, "that which measures"
    assert_readable(found)


def test_the_legend_has_room_beside_one_server(browser: Browser, tmp_path: Path) -> None:
    alone = (ELECTION[0], Event(event="Timeout", server="n1", sends=(), state=NodeState(role="Leader")))
    path = shown(tmp_path, "alone.html", Diagram(seen(alone), "trace", "conforms").page())
    assert_readable(browser.measure(path, WIDE, TEXTS))


def test_a_page_that_loads_something_is_noticed(browser: Browser, tmp_path: Path) -> None:
    text = '<img src="http://raft.invalid/x.png"><script>console.error("no")</script>'
    look = browser.look(shown(tmp_path, "loading.html", text), 300, 300)
    assert look.requests == ("http://raft.invalid/x.png",)
    assert look.complaints


def test_the_page_of_coverage_has_its_margin_beside_its_lines(browser: Browser, tmp_path: Path) -> None:
    servers, events = run(3)
    judge, covered = Validator(servers), Covered()
    for event in events:
        judge.observe(event)
        covered(event, judge)
    evidence = Evidence(judge.actions, len(events), judge.judged.compared)
    path = shown(tmp_path, "coverage.html", page("trace.ndjson", evidence, covered.counts))
    look = browser.look(path, WIDE, 3000)
    assert look.requests == ()
    assert look.complaints == ()
    found = browser.measure(path, WIDE, LISTING)
    assert found["partly"] > 5
    assert abs(found["margin"] - found["code"]) < 5, "the numbers stand beside their lines to the end"
    assert {round(below - above, 1) for above, below in pairwise(found["lines"])} == {20}
    assert found["size"] >= 13
    assert found["right"] <= found["page"] <= WIDE
