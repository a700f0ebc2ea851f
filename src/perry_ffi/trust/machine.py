"""Where the machine's own policy is: a look at names, which costs next to nothing where there is none."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from perry_ffi.settings import Settings

_OF_ALL = "/etc/perry-container/trust.json"


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


def may_have_policy(environ: Mapping[str, str]) -> bool:
    """Whether there may be one for a process with these variables: told from names, without the settings. False is certain."""
    own = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or "/", ".config")
    places = (os.path.join(own, "perry-container/trust.json"), _OF_ALL)
    return bool(environ.get("PERRY_CONTAINER_TRUST_POLICY")) or any(map(os.path.lexists, places))
