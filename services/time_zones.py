"""Time zones by their IANA names, as a person finds and a shop keeps them."""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from models.errors import BadInput

DEFAULT = "UTC"
# One for each offset that many people live by; whoever lives elsewhere types a city.
COMMON = (
    *("UTC", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Athens"),
    *("Europe/Istanbul", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Toronto", "America/Mexico_City", "America/Bogota", "America/Sao_Paulo"),
    *("America/Argentina/Buenos_Aires", "Africa/Lagos", "Africa/Johannesburg", "Asia/Dubai"),
    *("Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland"),
)
_SUGGESTED = 5
# Names of rules and relics, where nobody lives.
_NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/", "posixrules", "localtime", "Factory")


@cache
def zone(name: str) -> tzinfo:
    """The zone of a stored name; UTC where this machine does not know it any more."""
    try:
        return UTC if name == DEFAULT else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@cache
def names() -> frozenset[str]:
    """Every name that can be chosen."""
    found = {name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACES)}
    return frozenset(found | {DEFAULT})


def find(text: str) -> str:
    """The zone that a person means by a name or a city, however it is written.

    Raises BadInput naming the zone: `zone_unknown`, or `zone_several` with some of those it may be.
    """
    wanted = _folded(text)
    if not wanted:
        raise BadInput("time_zone", "zone_unknown")
    exact = [name for name in names() if wanted in {_folded(name), _folded(_city(name))}]
    if len(exact) == 1:
        return exact[0]
    near = sorted(exact or (name for name in names() if wanted in _folded(name)))
    if len(near) == 1:
        return near[0]
    if not near:
        raise BadInput("time_zone", "zone_unknown")
    raise BadInput("time_zone", "zone_several", ", ".join(near[:_SUGGESTED]))


def _city(name: str) -> str:
    return name.rpartition("/")[2]


def _folded(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
