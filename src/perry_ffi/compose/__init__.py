"""Compose files to one ``Project``, with the answers of docker compose 2.40.

Pure: no engine and no network; files are read, variables and the working
directory are arguments. Start at ``load`` (files) or ``load_document`` (a tree
that came as JSON).
"""

from __future__ import annotations

from perry_ffi.compose.load import declared_name, found_files, load, load_document, load_tree
from perry_ffi.compose.load_state import LoadOptions
from perry_ffi.compose.project import Project

__all__ = ["LoadOptions", "Project", "declared_name", "found_files", "load", "load_document", "load_tree"]
