"""How plans, records and errors name the parts of a graph."""

from __future__ import annotations

from perry_ffi.runtime.naming import Naming

NODES = Naming(group="graph", owner="node", section="nodes")
