from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import NotFound
from perry_ffi.service.handles import Handles


class Thing:
    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


def test_wrong_and_foreign_handles() -> None:
    handles = Handles(lambda count: None)
    stream = handles.add("stream", Thing())
    for kind, handle in (("stack", stream), ("stream", 0), ("stream", -1), ("stream", stream + 1), ("stream", 2**63 - 1)):
        with pytest.raises(NotFound) as refused:
            handles.get(kind, handle)
        assert refused.value.details == {"handle": handle, "expected": kind}
        with pytest.raises(NotFound):
            handles.remove(kind, handle)
    assert len(handles) == 1


@pytest.mark.anyio
async def test_everything_is_closed_once() -> None:
    counts: list[int] = []
    handles = Handles(counts.append)
    things = [Thing() for _ in range(5)]
    numbers = [handles.add("stream", thing) for thing in things]
    await handles.remove("stream", numbers[2]).aclose()
    await handles.aclose()
    assert [thing.closed for thing in things] == [1] * 5
    assert counts == [1, 2, 3, 4, 5, 4, 3, 2, 1, 0]


@given(st.lists(st.booleans() | st.integers(0, 30), max_size=60))
def test_a_number_is_never_used_twice(steps: list[bool | int]) -> None:
    """Whatever is opened and closed: new numbers grow, what is open is found, what is closed is not."""
    handles = Handles(lambda count: None)
    made: list[int] = []
    open_: dict[int, Thing] = {}
    for step in steps:
        if isinstance(step, bool):
            thing = Thing()
            number = handles.add("stack", thing)
            assert all(number > earlier for earlier in made)
            made.append(number)
            open_[number] = thing
        elif step < len(made) and made[step] in open_:
            assert handles.remove("stack", made[step]) is open_.pop(made[step])
        for number in made:
            if number in open_:
                assert handles.get("stack", number) is open_[number]
            else:
                with pytest.raises(NotFound):
                    handles.get("stack", number)
    assert len(handles) == len(open_)
