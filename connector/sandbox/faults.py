"""Trouble on the line, written as a list of what happens to which request, and when.

    Faults([{"on": "POST /v3/company/*/invoice", "nth": 2, "times": 1, "do": "answer_lost"}])

`on` is a method (or `*`) and a path in which `*` stands for anything; with a `?` in it, the query counts too.
`nth` is the first matching request it happens to (default 1), `times` for how many in a row (default 1, 0: for
ever). The first rule that fits decides. `do` is one of:

    request_lost      the connection is closed before the server sees the request
    answer_lost       the server acts, and closes the connection instead of answering
    late:SECONDS      the connection is closed now, the server acts that much later (on the sandbox clock)
    twice             the server sees the request twice; the second answer is given
    cut:BYTES         the body of the answer ends after so many bytes, though its head promised more
    reset             the connection is reset before the server sees the request
    reset:BYTES       the server acts, and the connection is reset after so many bytes of the answer's body
    delay:SECONDS     the answer comes that much later (in real time, for it is the client's patience that is tried)
    status:CODE       refused with this status and the service's own body for it; status:429:57 adds Retry-After
    garbage           a page in HTML instead of an answer; garbage:503 with that status
    app:WORD          the simulator plays the trouble itself: which words there are, each simulator says
"""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_FORMS = {
    "request_lost": r"request_lost",
    "answer_lost": r"answer_lost",
    "late": r"late:(\d+(?:\.\d+)?)",
    "twice": r"twice",
    "cut": r"cut:(\d+)",
    "reset": r"reset(?::(\d+))?",
    "delay": r"delay:(\d+(?:\.\d+)?)",
    "status": r"status:(\d{3})(?::(\d+))?",
    "garbage": r"garbage(?::(\d{3}))?",
    "app": r"app:([\w-]+)",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: its name and the numbers written behind it."""

    name: str
    numbers: tuple[str | None, ...] = ()

    def number(self, position: int = 0) -> str | None:
        """A number behind the name, as written; None when it was left out."""
        return self.numbers[position] if position < len(self.numbers) else None

    @property
    def seconds(self) -> float:
        """The number behind the name as seconds."""
        return int(Decimal(self.number() or 0) * 1000) / 1000

    def __str__(self) -> str:
        return ":".join([self.name, *(number for number in self.numbers if number is not None)])


@dataclass(slots=True)
class _Rule:
    method: str
    path: re.Pattern[str]
    asks_query: bool
    first: int
    times: int
    fault: Fault
    seen: int = 0

    def happens_to(self, method: str, path: str, query: str) -> bool:
        if self.method not in ("*", method):
            return False
        if not self.path.fullmatch(f"{path}?{query}" if self.asks_query else path):
            return False
        self.seen += 1
        return self.seen >= self.first and (self.times == 0 or self.seen < self.first + self.times)


class Faults:
    """The rules of one sandbox; several servers may share them, and each rule counts what fits it."""

    def __init__(self, rules: Iterable[Mapping[str, Any]] = ()) -> None:
        """Raises ValueError that names the rule which says something it cannot."""
        self._lock = threading.Lock()
        self._rules = [_rule(rule) for rule in rules]

    def add(self, **rule: Any) -> None:
        """One more rule, counted from now on."""
        with self._lock:
            self._rules.append(_rule(rule))

    def clear(self) -> None:
        """Trouble is over."""
        with self._lock:
            self._rules.clear()

    def strike(self, method: str, path: str, query: str = "") -> Fault | None:
        """What happens to this request; every rule that fits counts it, the first that is due decides."""
        with self._lock:
            due = [rule.fault for rule in self._rules if rule.happens_to(method, path, query)]
        return due[0] if due else None


def _rule(rule: Mapping[str, Any]) -> _Rule:
    unknown = sorted(set(rule) - {"on", "nth", "times", "do"})
    if unknown:
        raise ValueError(f"a fault has no {unknown[0]!r}; it is made of on, nth, times and do: {dict(rule)}")
    method, _, path = str(rule.get("on", "")).partition(" ")
    if not path.startswith(("/", "*")):
        raise ValueError(f"a fault's `on` is a method and a path such as 'GET /v1/customers', not {rule.get('on')!r}")
    pattern = re.compile(".*".join(re.escape(piece) for piece in path.split("*")), re.IGNORECASE | re.DOTALL)
    first, times = rule.get("nth", 1), rule.get("times", 1)
    if not isinstance(first, int) or not isinstance(times, int) or first < 1 or times < 0:
        raise ValueError(f"a fault's `nth` counts from 1 and its `times` from 0: {dict(rule)}")
    return _Rule(method.upper(), pattern, "?" in path, first, times, _fault(str(rule.get("do", ""))))


def _fault(text: str) -> Fault:
    for name, form in _FORMS.items():
        if found := re.fullmatch(form, text):
            return Fault(name, found.groups())
    raise ValueError(f"a fault cannot do {text!r}; it can {', '.join(_FORMS)}")
