"""Compose files to one ``Project``, with the answers of docker compose 2.40.

Pure: no engine and no network; files are read, variables and the working
directory are arguments. Start at ``load`` (files) or ``load_document`` (a tree
that came as JSON).
"""

from __future__ import annotations

from .load import declared_name, load, load_document, load_tree
from .project import Project
from .session import LoadOptions

__all__ = ["LoadOptions", "Project", "declared_name", "load", "load_document", "load_tree"]
