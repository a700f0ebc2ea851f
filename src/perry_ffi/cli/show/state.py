"""What is known of work that goes on, from the records that tell of it: a row for each service. Pure.

Records come in any order, and any may be missing: a listener that was slow has missed some.
"""

from __future__ import annotations

from perry_ffi.cli.show.transfers import Build, Transfer
from perry_ffi.cli.show.words import doing, done, one_line, probe_words, reached, until, waits_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Record = Mapping[str, Any]
    Key = tuple[Any, str, str]

_OF_ROWS = (" container", " service")
"""What is done to what a row is about: its name goes without saying."""
WORKING, WAITING, DONE, FAILED, PENDING = "working", "waiting", "done", "failed", "pending"
"""What a row is."""


IMAGE_MOST = 30
"""Characters of an image's name beside how its transfer goes on."""


class Work:
    """A step that goes on. began: seconds since 1970."""

    __slots__ = ("action", "began", "target")

    def __init__(self, action: str, target: str, began: float) -> None:
        self.action, self.target, self.began = action, target, began


class Shown:
    """A row as it is to be seen. seconds: for how long, or how long it took; None where that says nothing. below: what it said."""

    __slots__ = ("below", "name", "seconds", "service", "state", "text")

    def __init__(self, state: str, name: str, service: str, text: str, seconds: float | None, below: str = "") -> None:
        self.state, self.name, self.service, self.text, self.seconds, self.below = state, name, service, text, seconds, below


class Row:
    """All that is known of one service, or of the things of one kind that are nobody's."""

    def __init__(self, name: str, service: str) -> None:
        self.name, self.service = name, service
        self.works: dict[Key, Work] = {}
        self.pending = 0
        """Steps of a plan that have not begun."""
        self.needs: dict[str, str] = {}
        """The services that it waits for, each with the condition."""
        self.since = self.ended = 0.0
        self.last = ""
        self.failure = ""
        self.waited: tuple[str, float] | None = None
        """What it is waited to be, and since when."""
        self.log = self.probe = ""
        self.transfers: dict[str, Transfer] = {}
        self.builds: dict[str, Build] = {}

    def shown(self, now: float) -> Shown:
        if self.failure:
            return Shown(FAILED, self.name, self.service, self.failure, self.ended - self.since)
        if self.waited is not None and not self.works:
            condition, began = self.waited
            text = f"{until(condition)}, {self.probe}" if self.probe else until(condition)
            return Shown(WORKING, self.name, self.service, text, now - began, self.log)
        if self.works:
            work = min(self.works.values(), key=lambda work: work.began)
            text, below = self._works(work)
            return Shown(WORKING, self.name, self.service, text, now - work.began, below)
        if self.needs:
            return Shown(WAITING, self.name, self.service, waits_for(self.needs), now - self.ended if self.ended else None)
        if self.pending:
            return Shown(PENDING, self.name, self.service, self.last, None)
        return Shown(DONE, self.name, self.service, self.last, self.ended - self.since if self.last else None)

    def _works(self, work: Work) -> tuple[str, str]:
        same = sum(other.action == work.action for other in self.works.values())
        target = f"{same} at once" if same > 1 else "" if work.action.endswith(_OF_ROWS) else one_line(work.target)
        text = f"{doing(one_line(work.action))} {target}".strip()
        if (transfer := self.transfers.get(work.target)) and (told := transfer.text()):
            return f"{text.removesuffix(target)}{_short(target)}  {told}", ""
        if build := self.builds.get(work.target):
            return f"{text}, {build.text()}" if build.text() else text, build.said
        return text, ""


class State:
    """What all records together say."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.project = self.verb = ""
        self.began = 0.0
        self.undoing = ""
        """Why it is put back what was there; empty where nothing is."""
        self.counts: dict[str, int] = {}
        """How often each action was done."""
        self.ready: dict[str, tuple[str, float]] = {}
        """What services were waited to be, and after how many seconds they were."""
        self._plan: dict[Key, str] = {}
        self._waits: dict[int, tuple[str, str]] = {}
        """By its number what others of the plan wait for: which service, until when."""

    # -- what comes ---------------------------------------------------------------------------------

    def add(self, record: Record) -> None:
        """Takes the next record; what it does not know it leaves alone."""
        self.began = self.began or _time(record)
        match record.get("kind"):
            case "verb":
                self._verb(record)
            case "plan":
                self._planned(record)
            case "step":
                self._step(record)
            case "wait":
                self._wait(record)
            case "progress":
                self._progress(record)
            case "rollback":
                self.undoing = str(record.get("cause") or "?") if record.get("state") == "started" else ""

    def _verb(self, record: Record) -> None:
        self.project, self.verb = str(record.get("project") or ""), str(record.get("verb") or "")
        if record.get("state") == "started":
            self.began = _time(record)

    def _planned(self, record: Record) -> None:
        steps = [step for step in record.get("steps") or () if isinstance(step, dict)]
        for step in steps:
            row, key = self._row(step), _key(step)
            if key not in self._plan:
                self._plan[key] = row.name
                row.pending += 1
            if step.get("action") in ("wait", "start container") and row.service:
                self._waits[step.get("step", 0)] = row.service, str(step.get("condition") or "started")
        for step in steps:
            row = self._row(step)
            for number in step.get("after") or ():
                service, condition = self._waits.get(number, ("", ""))
                if row.service and service and service != row.service:
                    row.needs[service] = condition

    def _step(self, record: Record) -> None:
        self.project = self.project or str(record.get("project") or "")
        row, key, action = self._row(record), _key(record), str(record.get("action"))
        now = _time(record)
        if record.get("state") == "started" and self._plan.pop(key, None) is not None:
            row.pending = max(0, row.pending - 1)
        if action == "wait":
            self._waited_for(row, record)
            return
        if record.get("state") == "started":
            row.since = row.since or now
            row.works[key] = Work(action, str(record.get("target") or ""), now)
            row.needs = {} if action == "start container" else row.needs
            return
        row.works.pop(key, None)
        row.ended = now
        if record.get("state") == "failed":
            row.failure = _failure(record)
        elif record.get("state") == "done":
            self.counts[action] = self.counts.get(action, 0) + 1
            if action == "start container":
                self._met(row, "started", now)
            target = "" if action.endswith(_OF_ROWS) else one_line(str(record.get("target") or ""))
            row.last = f"{done(one_line(action))} {target}".strip()

    def _waited_for(self, row: Row, record: Record) -> None:
        """A step that is a wait: who needs it is known here, and how it goes on by records of its own."""
        condition = str(record.get("condition") or "")
        if record.get("state") == "started":
            for name in record.get("waitedBy") or ():
                self._service(name).needs[row.service] = condition
        else:
            self._let_go(row, record)

    def _wait(self, record: Record) -> None:
        row, now, condition = self._row(record), _time(record), str(record.get("condition") or "")
        match record.get("state"):
            case "started":
                row.since = row.since or now
                row.waited = condition, now
                for name in record.get("waitedBy") or ():
                    self._service(name).needs[row.service] = condition
            case "waiting":
                row.log = one_line(str(record.get("log") or ""))
                row.probe = probe_words(record["probe"]) if isinstance(record.get("probe"), dict) else ""
            case "done":
                self._reached(row, record, condition)
            case "failed":
                self._let_go(row, record)

    def _reached(self, row: Row, record: Record, condition: str) -> None:
        began = row.waited[1] if row.waited else _time(record)
        row.waited, row.log, row.probe, row.ended = None, "", "", _time(record)
        row.last = reached(condition)
        if condition in ("healthy", "completed") and row.service:
            took = record.get("seconds")
            self.ready[row.service] = row.last, float(took) if isinstance(took, (int, float)) else row.ended - began
        if "waitedBy" in record:
            self._let_go(row, record)

    def _let_go(self, row: Row, record: Record) -> None:
        row.waited, row.log, row.probe = None, "", ""
        if record.get("state") == "failed":
            row.failure, row.ended = _failure(record), _time(record)
            return
        self._met(row, str(record.get("condition") or ""), _time(record))

    def _met(self, row: Row, condition: str, now: float) -> None:
        """Who waits for that alone goes on."""
        for other in self.rows.values():
            if other.needs.get(row.service) == condition:
                del other.needs[row.service]
                other.ended = now

    def _progress(self, record: Record) -> None:
        row, target = self._row(record), str(record.get("target") or "")
        detail = record.get("detail")
        if not isinstance(detail, dict):
            return
        if record.get("operation") == "build":
            row.builds.setdefault(target, Build()).add(detail)
        else:
            row.transfers.setdefault(target, Transfer()).add(detail)

    # -- what is seen -------------------------------------------------------------------------------

    def shown(self, now: float) -> Iterator[Shown]:
        """The rows, in the order in which they were first heard of. Of what is nobody's only what is worked at or has failed."""
        for row in self.rows.values():
            shown = row.shown(now)
            if row.service or shown.state in (WORKING, FAILED):
                yield shown

    @property
    def failed(self) -> bool:
        """Whether something did not come to its end."""
        return any(row.failure for row in self.rows.values())

    @property
    def idle(self) -> bool:
        """Whether there is nothing that goes on."""
        return not any(row.works or row.waited or row.pending for row in self.rows.values())

    def _row(self, record: Record) -> Row:
        service = record.get("service") or record.get("node")
        if service:
            return self._service(str(service))
        kind = one_line(str(record.get("action") or record.get("operation") or "")).rpartition(" ")[2] or "project"
        return self.rows.setdefault(f" {kind}", Row(kind, ""))

    def _service(self, name: str) -> Row:
        return self.rows.setdefault(name, Row(one_line(name), name))


def _key(record: Record) -> Key:
    return record.get("step"), str(record.get("action")), str(record.get("target"))


def _time(record: Record) -> float:
    value = record.get("time")
    return float(value) if isinstance(value, (int, float)) else 0.0


def _short(image: str) -> str:
    """A long name less its registry and folders, so that there is room for how it goes on."""
    return image if len(image) <= IMAGE_MOST else f"…/{image.rpartition('/')[2]}"


def _failure(record: Record) -> str:
    """Why something failed, without whose it is: that stands before it."""
    error = record.get("error")
    message = str(error.get("message") or "") if isinstance(error, dict) else str(record.get("message") or "")
    target = record.get("target")
    doing = f"{str(record.get('action') or '').partition(' ')[0]} {target}"
    for name in (f"services.{record.get('service')}", record.get("container"), target, doing):
        message = message.removeprefix(f"{name}: ")
    return one_line(message) or "failed"
