"""What work goes on with while the database is away: what is committed stands, and the log stays readable."""

import contextlib
import logging
from collections.abc import Iterator

from pymongo.errors import PyMongoError

from models.transaction import away

log = logging.getLogger(__name__)


@contextlib.contextmanager
def tidying(order_id: str) -> Iterator[None]:
    """Go on when the database goes away after an order was written: the sweeper does this part anyway."""
    try:
        yield
    except PyMongoError as error:
        if not away(error):
            raise
        log.warning("left_to_sweeper", extra={"order": order_id, "error": type(error).__name__})


def database_away(by: logging.Logger, event: str, error: PyMongoError, **about: str | None) -> None:
    """Log, as `event`, that work could not go on: in a line while the database is away, else whole."""
    if away(error):
        by.warning(event, extra={"error": type(error).__name__, **about})
    else:
        by.error(event, exc_info=error, extra=about)
