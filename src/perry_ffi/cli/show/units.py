"""Sizes, times and shares as docker's own tables say them."""

from __future__ import annotations

_THOUSANDS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_POWERS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def size(count: float, digits: int = 3) -> str:
    """Bytes in steps of a thousand: ``1.98MB``."""
    return _sized(count, 1000, _THOUSANDS, digits)


def memory(count: float) -> str:
    """Bytes in steps of 1024: ``23.59GiB``."""
    return _sized(count, 1024, _POWERS, 4)


def percent(share: float) -> str:
    return f"{share:.2f}%"


def _sized(count: float, step: int, names: tuple[str, ...], digits: int) -> str:
    place = 0
    while count >= step and place < len(names) - 1:
        count, place = count / step, place + 1
    return f"{count:.{digits}g}{names[place]}"


def span(seconds: float) -> str:
    """A length of time in its largest unit: ``About a minute``, ``3 weeks``."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole < _MINUTE:
        return _counted(whole, "second")
    if whole < _HOUR:
        return "About a minute" if whole < 2 * _MINUTE else _counted(whole // _MINUTE, "minute")
    hours = int(seconds / _HOUR + 0.5)
    if hours < 48:
        return "About an hour" if hours == 1 else _counted(hours, "hour")
    days = hours // 24
    if days < 14:
        return _counted(days, "day")
    if days < 60:
        return _counted(days // 7, "week")
    return _counted(days // 30, "month") if days < 730 else _counted(int(seconds) // (365 * _DAY), "year")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def shortened(text: str, width: int) -> str:
    """``text`` in so many characters, the last of which says that more follows."""
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 1 else text[:width]


def seconds_of(moment: str) -> float:
    """Seconds since 1970 of a moment (ISO 8601); 0 of none."""
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp() if moment else 0.0


def local(moment: str) -> str:
    """A moment as Go prints it, in the zone of this machine: ``2026-11-26 11:51:16 +0000 UTC``."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S %z %Z", time.localtime(seconds_of(moment))) if moment else ""
