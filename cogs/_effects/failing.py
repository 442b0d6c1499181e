"""What Discord's refusals mean for an owed effect: a word by which staff can see what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import nextcord

from cogs._ui import wire
from cogs._ui.send import Unreachable
from models.errors import ShopError
from services.worker import EffectFailed


@contextmanager
def failing() -> Iterator[None]:
    """Turn what goes wrong on the way to Discord into EffectFailed; a request of ours that is wrong stays."""
    try:
        yield
    except Unreachable as error:
        raise EffectFailed(error.reason) from error
    except ShopError as error:
        # What the effect is about does not exist any more, so no later try can help.
        raise EffectFailed(type(error).__name__, final=True) from error
    except nextcord.HTTPException as error:
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise EffectFailed("rate_limited") from error
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise EffectFailed("discord_down") from error
        raise
    except (*wire.BROKEN, TimeoutError) as error:
        raise EffectFailed("discord_lost") from error
