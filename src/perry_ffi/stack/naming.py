"""How plans, records and errors name the parts of a project."""

from __future__ import annotations

from perry_ffi.runtime.naming import Naming

SERVICES = Naming(group="project", owner="service", section="services")
