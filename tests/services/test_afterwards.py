import logging

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from services.afterwards import database_away, tidying

log = logging.getLogger(__name__)


def test_what_tidies_up_may_be_left_to_the_sweeper(caplog: pytest.LogCaptureFixture) -> None:
    """The order stands, so nobody is told of an error; the log says which order it was."""
    with tidying("order-1"):
        raise AutoReconnect("gone")
    (said,) = caplog.records
    assert (said.message, vars(said)["order"]) == ("left_to_sweeper", "order-1")


@pytest.mark.parametrize("bug", [OperationFailure("unknown operator", 9), ValueError("a bug")])
def test_a_bug_in_tidying_up_is_raised(bug: Exception) -> None:
    """Nobody would mend what nobody hears of."""
    with pytest.raises(type(bug)), tidying("order-1"):
        raise bug


def test_a_database_that_is_away_takes_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """For hours there may be one every second; what is wrong with a command is logged whole."""
    database_away(log, "outbox_database_away", AutoReconnect("gone"), effect="e")
    database_away(log, "outbox_database_away", OperationFailure("unknown operator", 9))
    away, bug = caplog.records
    assert (away.levelno, away.exc_info) == (logging.WARNING, None)
    assert (bug.levelno, bool(bug.exc_info)) == (logging.ERROR, True)
