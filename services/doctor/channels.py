"""Whether the channels that the shop posts in are there, can be written in, and are not everybody's."""

from services.doctor.contract import Case, Check, Finding, Mend, Section, Severity
from services.doctor.place import Place

FIELDS = ("announcement_channel_id", "admin_channel_id", "default_order_channel_id")


class Channels(Check):
    """Staff who are not called approve nothing."""

    name = "channels"
    section = Section.DISCORD
    finds = frozenset({"staff_channel_none", "channel_gone", "channel_mute", "channel_open"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at every channel that the settings name."""
        config, place = case.shop.config, case.place
        found = list[Finding]()
        if config.staff_channel_id is None:
            found.append(Finding("staff_channel_none", Severity.WRONG))
        for field, channel in stale_channels(case).items():
            values = {"field": field, "channel": channel}
            found.append(Finding("channel_gone", Severity.WRONG, values, Mend.CHANNELS, field))
        ids = dict.fromkeys(each for field in FIELDS if (each := getattr(config, field)))
        found += [each for channel in ids for each in _of_channel(place, channel)]
        return found


def stale_channels(case: Case) -> dict[str, str]:
    """The settings that name a channel which is not there any more, by their Python names."""
    named = {field: getattr(case.shop.config, field) for field in FIELDS}
    return {field: channel for field, channel in named.items() if case.place.gone(channel)}


def _of_channel(place: Place, channel: str) -> list[Finding]:
    found = list[Finding]()
    if lacks := place.unwritable(channel):
        values = {"channel": channel, "permissions": sorted(lacks)}
        found.append(Finding("channel_mute", Severity.WRONG, values, about=channel))
    if channel in place.open_channels:
        found.append(Finding("channel_open", Severity.WARNING, {"channel": channel}, about=channel))
    return found


CHECK = Channels()
