"""What a clean-up did."""

from perry_ffi.model.answer import Answer, Count


class CleanupReport(Answer):
    containers_removed: Count = Count(0)
    networks_removed: Count = Count(0)
    volumes_removed: Count = Count(0)
    errors: list[str] = []
    """One line for each thing that could not be removed."""
