"""What Discord's refusals mean for an owed effect: a word by which staff can see what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import nextcord

from cogs._ui import wire
from cogs._ui.send import Unreachable
from models.errors import ShopError
from services.discord_throttle import DOWN, LIMITED, LOST, REFUSED
from services.worker import EffectFailed, EffectWaits

_LOOK_AGAIN = timedelta(minutes=1)


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
        if error.status == HTTPStatus.UNAUTHORIZED:
            # Nothing is wrong with the effect: it happens once the bot has a token again.
            raise EffectWaits(REFUSED, _LOOK_AGAIN) from error
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise EffectFailed(LIMITED) from error
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise EffectFailed(DOWN) from error
        raise
    except (*wire.BROKEN, TimeoutError) as error:
        raise EffectFailed(LOST) from error
