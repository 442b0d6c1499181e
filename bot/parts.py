"""Which parts of the house one process runs, and what it takes to run them apart."""

from enum import StrEnum

from bot.config import ConfigError, Settings


class Part(StrEnum):
    """What run.py is asked to run; any number of processes may run the same."""

    ALL = "all"
    BOT = "bot"
    WEB = "web"
    WORKER = "worker"

    @property
    def apart(self) -> bool:
        """Whether other processes have to run the rest."""
        return self is not Part.ALL

    @property
    def hears(self) -> bool:
        """Whether it is connected to Discord's gateway, so that people's clicks reach it."""
        return self in {Part.ALL, Part.BOT}

    @property
    def serves(self) -> bool:
        """Whether it listens for webhooks and browsers."""
        return self in {Part.ALL, Part.WEB}

    @property
    def works(self) -> bool:
        """Whether it does what is owed, acts upon webhooks and tidies up."""
        return self in {Part.ALL, Part.WORKER}


def fitting(settings: Settings, part: Part) -> Settings:
    """These settings, complete for this part; raises ConfigError where it could not run with them."""
    held = settings.discord.shards
    shared = part.apart or (part.hears and held is not None and not held.all)
    if shared and settings.database.uri is None:
        what = f"run.py {part}" if part.apart else f"a part of the shards ({held.written if held else ''})"
        why = (
            f"SHOP_DATABASE__URI, or uri in [database], is missing: {what} works over a MongoDB that all "
            "processes share, and the embedded one belongs to a single process. Set the address of a "
            "replica set, the same everywhere, or start `run.py all` without shards."
        )
        raise ConfigError([why])
    return settings.completed(needs_token=part is not Part.WEB)
