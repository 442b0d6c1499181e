"""Keeps what only tidies up after a commit from making it look as if nothing had happened."""

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
