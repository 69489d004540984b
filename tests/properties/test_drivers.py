"""Drivers are built once, into the cache of the user, and what is missing or fails is said in one line."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from raftcheck.properties.drivers import DriverError, Sources

BUILD = 'echo built >>"$COUNTS"; cp driver.txt driver; chmod +x driver'


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Those of an adapter `mine`; each build counts in the file `counts`."""
    monkeypatch.setenv("RAFTCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COUNTS", str(tmp_path / "counts"))
    folder = tmp_path / "mine" / "driver"
    (folder / "src").mkdir(parents=True)
    (folder / "driver.txt").write_text("one")
    (folder / "src" / "more.txt").write_text("more")
    return Sources(folder, ("sh", "-c", BUILD))


def builds(sources: Sources) -> int:
    return (sources.folder.parents[1] / "counts").read_text().count("built")


def test_a_driver_is_built_once_for_each_state_of_its_sources(sources: Sources) -> None:
    (first,) = sources.command()
    assert Path(first).read_text() == "one"
    assert sources.command() == (first,)
    assert builds(sources) == 1
    (sources.folder / "driver").write_text("what a build leaves here is no source")
    (sources.folder / "target").mkdir()
    (sources.folder / "target" / "debug").write_text("nor is this")
    assert sources.command() == (first,)
    (sources.folder / "src" / "more.txt").write_text("changed")
    (second,) = sources.command()
    assert second != first
    assert builds(sources) == 2


def test_the_sources_stay_as_they_are(sources: Sources) -> None:
    sources.command()
    assert sorted(path.name for path in sources.folder.rglob("*")) == ["driver.txt", "more.txt", "src"]


def test_two_at_once_build_it_once(sources: Sources) -> None:
    with ThreadPoolExecutor() as pool:
        commands = set(pool.map(lambda _: sources.command(), range(4)))
    assert len(commands) == 1
    assert builds(sources) == 1


def _file_in_place_of(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("in the way")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda driver: driver.write_text("o"),
    "empty": lambda driver: driver.write_text(""),
    "another": lambda driver: driver.write_text("eno"),
    "not executable": lambda driver: driver.chmod(0o644),
    "gone": lambda driver: driver.unlink(),
    "a folder": lambda driver: (driver.unlink(), driver.mkdir()),
    "of nobody knows what": lambda driver: driver.with_name("sha256").unlink(),
    "under a file": lambda driver: _file_in_place_of(driver.parent),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_driver_is_built_again(
    sources: Sources, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (driver,) = map(Path, sources.command())
    assert capsys.readouterr().err == "raftcheck: building the driver of mine with sh, once\n"
    DAMAGES[damage](driver)
    for _ in range(2):
        assert sources.command() == (str(driver),)
        assert driver.read_text() == "one"
    assert builds(sources) == 2


def test_a_cache_that_cannot_be_made_is_named(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = sources.folder / "driver.txt" / "cache"
    monkeypatch.setenv("RAFTCHECK_CACHE", str(cache))
    with pytest.raises(DriverError) as caught:
        sources.command()
    assert str(caught.value) == (
        f"the cache of drivers, {cache}: {cache}/drivers: Not a directory; "
        "expected a folder that can be written, RAFTCHECK_CACHE names another"
    )


def test_what_a_killed_build_left_is_cleared_when_nobody_uses_it(sources: Sources, tmp_path: Path) -> None:
    drivers = tmp_path / "cache" / "drivers"
    left = drivers / "building-other-12"
    (left / "sources").mkdir(parents=True)
    with (drivers / "other-12.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (driver,) = map(Path, sources.command())
        assert left.exists()
    shutil.rmtree(driver.parent)
    (drivers / f"building-{driver.parent.name}").mkdir()
    sources.command()
    assert list(drivers.glob("building-*")) == []


def test_a_raft_has_its_own_name(sources: Sources) -> None:
    named = Sources(sources.folder, sources.build, tools=("no-such-compiler",), name="my-raft")
    with pytest.raises(DriverError, match="the driver of my-raft is built with it"):
        named.command()


def test_a_missing_tool_is_named(sources: Sources) -> None:
    lacking = Sources(sources.folder, sources.build, tools=("no-such-compiler",))
    said = "`no-such-compiler` is not on the PATH; the driver of mine is built with it"
    with pytest.raises(DriverError, match=said):
        lacking.command()


@pytest.mark.parametrize(
    ("build", "how", "said"),
    [
        ("echo fine; echo no such header >&2; echo; exit 4", "ended with status 4 for", "no such header"),
        ("true", "made no program `driver` for", "nothing"),
        ("touch driver", "made no program `driver` for", "nothing"),
    ],
)
def test_a_build_that_fails_is_told_in_a_line_and_its_log_is_kept(
    sources: Sources, build: str, how: str, said: str
) -> None:
    failing = Sources(sources.folder, ("sh", "-c", build))
    for _ in range(2):  # a failure is not taken for a driver
        with pytest.raises(DriverError) as caught:
            failing.command()
        message = str(caught.value)
        assert f"{how} the driver of mine, saying: {said}; all of it in " in message
        assert "\n" not in message
    log = Path(message.rpartition(" in ")[2])
    assert ("fine" in log.read_text()) == ("fine" in build)
