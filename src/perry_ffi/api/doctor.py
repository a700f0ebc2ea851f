"""What keeps a program from an engine: one function for each row of perry/container that says so."""

from __future__ import annotations

from perry_ffi.errors import ValidationError
from perry_ffi.model.doctor_report import DoctorReport, InstallOptions
from perry_ffi.service.client import Client


async def doctor(client: Client, options: bytes | None) -> DoctorReport:
    from perry_ffi.model.base import decode
    from perry_ffi.model.doctor import DoctorOptions
    from perry_ffi.service import doctor as service

    asked = decode(DoctorOptions, options, "options")
    directory = asked.directory or ""
    if directory and not directory.startswith("/"):
        raise ValidationError(
            "options.directory: expected an absolute path", path="options.directory", expected="an absolute path"
        )
    return await service.doctor(client, directory, asked.image)


async def install(client: Client, options: bytes | None) -> InstallOptions:
    from perry_ffi.model.base import decode
    from perry_ffi.model.doctor import InstallRequest
    from perry_ffi.service import doctor as service

    request = decode(InstallRequest, options, "options")
    return await service.install(client, request.run, request.timeout, platform=request.platform)
