"""Arguments in, exit status out; nothing else."""

import asyncio
import os
import sys

from bot.command_line import read, settings_for
from bot.commands import carry_out
from bot.config import ConfigError
from bot.embedded import EmbeddedUnavailable

if __name__ == "__main__":
    try:
        asked = read()
        sys.exit(asyncio.run(carry_out(asked, settings_for(asked, os.environ))))
    except KeyboardInterrupt:
        # What runs until it is told to stop hears the signal itself; anything else was not done to its end.
        sys.exit(130)
    except asyncio.CancelledError:
        sys.exit(143)
    except (ConfigError, EmbeddedUnavailable) as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(2 if isinstance(reason, ConfigError) else 1)
