"""``python -m perry_ffi.cli``: perry-compose by the Python that is named."""

from __future__ import annotations

from perry_ffi.cli.main import program

program()
