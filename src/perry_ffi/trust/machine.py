"""Where the machine's own policy is: a look at names, which costs next to nothing where there is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.settings import Settings


def machine_policy(settings: Settings) -> Path | None:
    """The file of the machine's policy, where there is one.

    A file that the environment names counts as there, whatever is there. A place that this user cannot look into has none for
    this user.
    """
    if settings.trust_policy is not None:
        return settings.trust_policy
    for path in settings.trust_policies:
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except OSError:
            return path
        return path
    return None
