"""What every adapter's test starts from."""

from collections.abc import AsyncIterator

import pytest

from services.payments.calls import Calls
from tests.services.conftest import TestClock


@pytest.fixture
async def calls(clock: TestClock) -> AsyncIterator[Calls]:
    """The way out, closed afterwards."""
    way_out = Calls(clock)
    yield way_out
    await way_out.close()
