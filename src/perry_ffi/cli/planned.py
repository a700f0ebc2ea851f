"""What a command would do, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain

if TYPE_CHECKING:
    from perry_ffi.runtime.plan import Plan


def show_plan(plan: Plan, form: str = "table", **more: Any) -> int:
    """Prints the steps on standard output. form: ``table`` or ``json``, which has the members of ``more``, too. The exit status."""
    if form == "json":
        import json

        out(json.dumps({**plan.to_dict(), "notes": [spelled(note) for note in plan.notes], **more}, indent=2) + "\n")
    else:
        out(plain(plan.text(spelled)))
    return 0
