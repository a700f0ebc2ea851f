"""Text for members that Swarm reads as templates of Go: values of variables, host names, mounts. Others, names and options on networks
among them, arrive as they are.

What a file says is text: ``{{`` would be expanded on the node, or refused where it names nothing (moby/swarmkit: template/expand.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_OPENS, _SAID = "{{", '{{"{{"}}'


def escaped(text: str) -> str:
    """``text`` so that it arrives as it is."""
    return text.replace(_OPENS, _SAID)


def escaped_values(values: Mapping[str, str]) -> dict[str, str]:
    """A map whose values are read so; its keys are not."""
    return {name: escaped(value) for name, value in values.items()}


def variables(env: Mapping[str, str], unset: Iterable[str] = ()) -> list[str]:
    """``Env``: only what stands after the first ``=`` is read as a template. unset: names that a task does not get of its image's."""
    return [*(f"{name}={escaped(value)}" for name, value in env.items()), *unset]
