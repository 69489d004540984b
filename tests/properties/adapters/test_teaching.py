"""The Raft on a page conforms, and what it teaches is needed: a line less, and it is caught."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from raftcheck.properties.adapters import teaching
from raftcheck.properties.campaign import Campaign
from raftcheck.properties.checking import check

SOURCE = Path(teaching.__file__).read_text(encoding="utf-8")

MISTAKES = {
    "free = self.voted_for in (NOBODY, m.source)": "free = True",
    "success, last = False, 0": "success, last = True, 0",
    "(m.last_log_term, m.last_log_index) >=": "(9, 9) >=",
    " or self.term_at(index) != entry.term": "",
    "min(m.commit_index, last)": "m.commit_index",
    "max(self.match_index[m.source], m.match_index)": "m.match_index",
    " and self.term_at(index) == self.current_term:": ":",
    '        self.env.disk["vote"] = self.current_term, self.voted_for\n': "",
    '        self.env.disk["log"] = self.log\n': "",
}


def test_it_conforms() -> None:
    found = check(Campaign("teaching", seed=0, schedules=30))
    assert found.word == "conforms"
    assert not found.evidence.warnings


def test_it_is_no_longer_than_a_page() -> None:
    code = [line for line in SOURCE.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= 160


@pytest.mark.parametrize("line", MISTAKES)
def test_each_rule_of_it_is_needed(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SOURCE.count(line) == 1
    wrong = SOURCE.replace(line, MISTAKES[line]).replace("from ..node", "from raftcheck.properties.node")
    name = "teaching_without_" + re.sub(r"\W+", "_", line)
    (tmp_path / f"{name}.py").write_text(wrong, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = check(Campaign(f"{name}:implementation", seed=0, schedules=300), folder=tmp_path)
    sys.modules.pop(name)
    assert found.word == "diverges"
