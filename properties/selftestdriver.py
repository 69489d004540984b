"""What is claimed of a driver beside what is claimed of any adapter: the rules of PROTOCOL.md."""

from __future__ import annotations

from collections.abc import Callable

from . import protocol
from .finding import Breach, cut
from .protocol import Failed, Nothing, Rubbish
from .stdio import Stdio

STRANGE = {
    "an op that it does not know": b'{"op":"no such op"}',
    "a server that is not there": b'{"op":"fire","server":"nobody","timer":"election"}',
    "a timer that is not there": b'{"op":"fire","server":"n1","timer":"no such timer"}',
    "an op without its fields": b'{"op":"deliver","server":"n1"}',
    "a line that is no JSON": b"{",
}
"""To each of these the answer is an error, and life goes on."""

SERVERS = ("n1", "n2", "n3")


def strange_requests(driver: Stdio) -> str | None:
    """What speaks against it: `{"error": ...}` is the answer to what cannot be done."""
    try:
        _reset(driver)
        for name, line in STRANGE.items():
            answer = driver.ask_line(line)
            try:
                answered = protocol.decode(answer, Nothing)
            except Rubbish:
                answered = Nothing()
            if not isinstance(answered, Failed):
                return f"{name}: answered by {cut(answer.decode('utf-8', 'replace'), 100)}; expected an error"
            _reset(driver)
    except Breach as breach:
        return str(breach)
    finally:
        driver.close()
    return None


def _reset(driver: Stdio) -> None:
    """A cluster of which the first server runs."""
    for request in (protocol.Reset(SERVERS, {}, ""), protocol.Start("n1", True, {})):
        answer = driver.ask_line(protocol.encode(request))
        kind: type = Nothing if isinstance(request, protocol.Reset) else protocol.Acted
        answered = protocol.decode(answer, kind)
        if isinstance(answered, Failed):
            raise Breach(
                "protocol", f"error {answered.error!r} after a strange request", "a reset, and a start"
            )


def forgets(driver: Stdio, trace: Callable[[], tuple[bytes, ...]]) -> str | None:
    """What speaks against it: after `reset` it is as if it had just been started."""
    after_others = trace()
    driver.close()
    anew = trace()
    if after_others == anew:
        return None
    number = next((n for n, (a, b) in enumerate(zip(after_others, anew, strict=False), 1) if a != b), 0)
    return f"after other runs, a run is not what it is in a new process: event {number} differs"
