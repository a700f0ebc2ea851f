"""A read-only root on podman: its API leaves three folders of it writable, and empties them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec

WRITABLE = ("/run", "/tmp", "/var/tmp")
_AS_THE_IMAGE_HAS_IT = "ro,tmpcopyup,exec,suid,dev"


def all_read_only(spec: ContainerSpec, mounted: Iterable[str]) -> ContainerSpec:
    """``spec`` with what the image has at these places, to be read, in place of podman's own directories.

    mounted: targets that the spec does not name, of the image's volumes and of ``volumes_from``. Where something else is
    mounted, there or above, it stays.
    """
    targets = {*(mount.target for mount in spec.volumes), *spec.tmpfs, *mounted}
    places = [place for place in WRITABLE if not any(f"{place}/".startswith(f"{path.rstrip('/')}/") for path in targets)]
    return spec.model_copy(update={"tmpfs": {**spec.tmpfs, **dict.fromkeys(places, _AS_THE_IMAGE_HAS_IT)}})
