"""One check at a time, over a shop whose server is as a test says."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from services import Services
from services.doctor import checks
from services.doctor.contract import Case, Finding
from services.doctor.place import Place
from services.shops import Shop

type Look = Callable[..., Awaitable[list[Finding]]]


@pytest.fixture
def look(services: Services, shop: Shop) -> Look:
    """Lets one check look at the shop as it is now; `tools` replace instruments."""

    async def looked(name: str, place: Place | None = None, **tools: Any) -> list[Finding]:
        (check,) = [each for each in checks() if each.name == name]
        now = await services.shops.of_tenant(shop.id)
        case = services.doctor.case(now, place or Place(seen=False))
        return await check.run(Case(now, case.place, replace(case.tools, **tools)))

    return looked


def codes(findings: list[Finding]) -> list[str]:
    """The words of what was found."""
    return [each.code for each in findings]
