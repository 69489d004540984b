"""Campaigns: many schedules, one after the other."""

from __future__ import annotations

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.campaign import SWEPT, Campaign, result_of
from raftcheck.tla import values


def test_what_earlier_schedules_made_is_forgotten() -> None:
    campaign = Campaign("reference", seed=1, schedules=None, servers=3, length=30)
    values.sweep()
    made_before = values._made
    for index in range(SWEPT - 1):
        result_of(reference, campaign, index)
    made = values._made - made_before
    assert made > 2_000
    result_of(reference, campaign, SWEPT - 1)
    assert values._made - made_before < made / 4
