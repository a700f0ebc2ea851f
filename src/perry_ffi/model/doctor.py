"""What a program says where it asks what keeps it from an engine."""

from typing import Annotated, Literal

from perry_ffi.model.base import Field, Model, Text


class DoctorOptions(Model):
    """What to look at besides the machine.

    directory: the folder of the project in mind, an absolute path: whether a virtual machine sees it.
    image: of a container that is created, started and removed again, without a network, on the engine that would be used, which
    becomes the active one; absent: none is.
    """

    directory: Text | None = None
    image: Annotated[Text | None, Field(min_length=1)] = None


class InstallRequest(Model):
    """run: the id of the one option that is to be run, absent: none is, the options are only told. Only one that is ``runnable``.
    timeout: seconds, of all its commands together.
    platform: the system whose options are told, ``linux``, ``darwin`` or ``win32``: what can be installed there; absent: this one,
    with what mends it. Nothing is run on another one.
    """

    run: Annotated[Text | None, Field(min_length=1)] = None
    timeout: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    platform: Literal["linux", "darwin", "win32"] | None = None
