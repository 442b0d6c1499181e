"""What an index keeps from coming twice is found where the index was lost."""

import pytest

from tests.services.books.conftest import World
from tests.services.books.doubles import DOUBLES
from tests.services.books.planting import Fault
from tests.services.conftest import Audited


@pytest.fixture
def database_name(fresh_database_name: str) -> str:
    """A database that loses its indexes."""
    return fresh_database_name


@pytest.mark.parametrize("fault", DOUBLES.values(), ids=list(DOUBLES))
async def test_a_double_is_found(world: World, audited: Audited, fault: Fault) -> None:
    """And nothing else is told."""
    await fault.plant(world)
    assert {finding.code for finding in await audited()} == fault.codes
