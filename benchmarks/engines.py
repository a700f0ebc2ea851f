"""Private engines for measurements: started for them, and gone without a trace afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.figures import Figure
from benchmarks.measure import Measure, Unavailable, raising
from tests.engines.daemon import EngineMissing
from tests.engines.private import Engines, private_engines

OnEngine = tuple[tuple[str, ...], Callable[[Engines], Iterable[Figure]]]
"""A measurement on an engine: as ``Measure``."""


@contextmanager
def private(name: str) -> Iterator[Engines]:
    """The engine ``name``, of this process alone. Raises Unavailable where it, or what it needs, is not installed."""
    with ExitStack() as stack:
        try:
            engines = stack.enter_context(private_engines((name,)))
        except EngineMissing as error:
            raise Unavailable(f"{error}; run it as root") from None
        except FileNotFoundError as error:
            raise Unavailable(f"{error.filename} is not installed, which private engines need") from None
        if name in engines.missing:
            raise Unavailable(engines.missing[name])
        yield engines


def on_engine(name: str, measures: Sequence[OnEngine]) -> Iterator[Measure]:
    """The measurements, one after the other, on one engine of their own; where it does not start each says so."""
    with ExitStack() as stack:
        try:
            engines = stack.enter_context(private(name))
        except Exception as error:
            for names, _ in measures:
                yield Measure(names, raising(error))
            return
        for names, run in measures:
            yield Measure(names, partial(run, engines))
