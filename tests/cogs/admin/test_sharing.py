"""Sharing a report, by clicks: choices, the link, the list, and an end to it."""

from datetime import timedelta

import pytest

from bot.sandbox import Community, Person, Seen
from cogs._ui.target import Target
from models.base import Db
from models.share_link import ShareLink
from services import Services
from services.reports.contract import ReportType
from services.shops import Shop
from tests.cogs.conftest import give_key
from tests.cogs.german import english_in
from tests.services.conftest import TestClock

pytestmark = pytest.mark.usefixtures("bot")
DAYS = "2026-03-01_2026-03-31"
LASTS = "How long the link lasts"


async def click(person: Person, custom_id: str) -> Seen:
    """A click on a card of somebody else's making."""
    answer = await person.click(await person.run("/help"), custom_id=custom_id, forged=True)
    assert isinstance(answer, Seen)
    return answer


async def plan(person: Person, kind: str = "REVENUE_OVERVIEW", days: str = DAYS, money: str = "USD") -> Seen:
    """The card that Share on a report leads to."""
    return await click(person, Target("share:open", kind, days, money).custom_id)


def said(seen: Seen) -> str:
    """A card with what was answered beside it."""
    return "\n".join(each.text for each in (seen, *seen.followups))


def labels(seen: Seen) -> list[str | None]:
    """What can be pressed."""
    return [button.label for button in seen.buttons if button.enabled]


async def test_a_link_is_made_opened_and_revoked(
    db: Db, olivia: Person, shop: Shop, services: Services, clock: TestClock
) -> None:
    """Card, choice of days, link, opening, list, revoking; the link itself is seen by its maker only."""
    seen = await plan(olivia)
    assert "Share: Revenue" in seen.text
    assert "7 days" in seen.text
    assert "Customers" not in seen.text
    seen = await (await seen.choose(LASTS, "30 days")).press("Make the link")
    assert seen.ephemeral
    (link,) = await ShareLink.find_all(db, {"tenantId": shop.id})
    assert link.expires_at == clock.now() + timedelta(days=30)
    url = services.shares.url(link)
    assert url is not None
    assert url in seen.text
    assert "Not opened yet." in seen.text
    await services.shares.open(url.rpartition("/")[2], str)
    seen = await seen.press("Links so far")
    assert "All links of the shop" in seen.text
    assert "Opened 1 time" in seen.text
    seen = await seen.choose("Open a link", f"1 · Revenue, {march()}")
    seen = await seen.press("Revoke")
    assert "Revoked" in seen.text
    assert url not in seen.text
    assert labels(seen) == ["Links so far"]


def march() -> str:
    """March as Babel writes it."""
    return "Mar 1\u2009\u2013\u200931, 2026"


@pytest.mark.parametrize("typed", ["0", "91", "-1", "x", "٣", "1e"])
async def test_any_number_of_days_is_typed_and_a_wrong_one_refused(
    db: Db, olivia: Person, shop: Shop, typed: str
) -> None:
    """With a sentence that says what is allowed; 45 is offered in the menu from then on."""
    form = await (await plan(olivia)).open("Other number of days")
    assert "1 to 90 days" in said(await form.submit({"Days, 1 to 90": typed}))
    form = await (await plan(olivia)).open("Other number of days")
    seen = await form.submit({"Days, 1 to 90": "45"})
    await seen.press("Make the link")
    (link,) = await ShareLink.find_all(db, {"tenantId": shop.id})
    assert (link.expires_at - link.created_at).days in {44, 45}


async def test_names_are_offered_to_those_who_may_see_customers(
    db: Db, olivia: Person, shop: Shop, guild: Community
) -> None:
    """Others have no such menu, and a forged click gets a refusal that names the key."""
    seen = await plan(olivia, "CUSTOMER_INSIGHTS")
    assert "Customer 1, Customer 2, and so on" in seen.text
    seen = await seen.choose("What customers are called", "By their names")
    assert "By their names" in seen.text
    await seen.press("Make the link")
    (link,) = await ShareLink.find_all(db, {"tenantId": shop.id})
    assert link.with_names
    zoe = guild.add_member("zoe", display_name="Zoe")
    await give_key(db, shop, zoe, "analytics.share")
    seen = await plan(zoe, "CUSTOMER_INSIGHTS")
    assert [select.placeholder for select in seen.selects] == [LASTS]
    forged = await click(zoe, Target("share:make", "CUSTOMER_INSIGHTS", DAYS, "USD", "7n").custom_id)
    assert "customer.manage" in said(forged)
    assert len(await ShareLink.find_all(db, {})) == 1
    seen = await seen.press("Links so far")
    assert "No report has been shared yet." in seen.text
    assert "with names" in (await click(olivia, "share:list")).text
    for action in ("share:link", "share:end"):
        assert "I cannot find that link." in said(await click(zoe, Target(action, link.key).custom_id))


async def test_nobody_without_the_key_and_no_other_shop(
    db: Db, ada: Person, olivia: Person, shop: Shop, elsewhere: tuple[Community, Shop]
) -> None:
    """Customers are refused; an owner next door does not see the link."""
    await (await plan(olivia)).press("Make the link")
    (link,) = await ShareLink.find_all(db, {"tenantId": shop.id})
    for custom_id in (
        Target("share:open", "REVENUE_OVERVIEW", DAYS, "USD").custom_id,
        Target("share:make", "REVENUE_OVERVIEW", DAYS, "USD", "7").custom_id,
        "share:list", f"share:link:{link.key}", f"share:end:{link.key}",
    ):  # fmt: skip
        assert "analytics.share" in said(await click(ada, custom_id)), custom_id
    neighbour = elsewhere[0].owner
    assert "No report has been shared yet." in (await click(neighbour, "share:list")).text
    for action in ("share:link", "share:end"):
        assert "I cannot find that link." in said(await click(neighbour, Target(action, link.key).custom_id))
    assert (await ShareLink.find_all(db, {}))[0].revoked_at is None


async def test_what_is_no_report_day_or_currency_is_refused(db: Db, olivia: Person, shop: Shop) -> None:
    """Forged clicks change nothing and get a sentence."""
    for kind, days, money, part in (
        ("NOTHING", DAYS, "USD", "no such report"),
        ("REVENUE_OVERVIEW", "soon", "USD", "as a day"),
        ("REVENUE_OVERVIEW", "2026-03-31_2026-03-01", "USD", "ends before it begins"),
        ("REVENUE_OVERVIEW", DAYS, "XXX", "no such report"),
    ):
        assert part in said(await plan(olivia, kind, days, money)), kind
    target = Target("share:make", "REVENUE_OVERVIEW", DAYS, "USD", "900").custom_id
    assert "1 to 90 days" in said(await click(olivia, target))
    assert await ShareLink.find_all(db, {"tenantId": shop.id}) == []


async def test_a_preset_becomes_days_when_the_card_is_opened(db: Db, olivia: Person, shop: Shop) -> None:
    """What is made later is what was shown."""
    seen = await plan(olivia, days="yesterday")
    (button,) = [each for each in seen.buttons if each.label == "Make the link"]
    assert "yesterday" not in str(button.custom_id)
    await seen.press("Make the link")
    (link,) = await ShareLink.find_all(db, {"tenantId": shop.id})
    assert link.first_day == link.last_day


async def test_all_of_it_in_german(german_owner: Person, shop: Shop) -> None:
    """Plan, link, list and what became of it."""
    seen = await plan(german_owner, "CUSTOMER_INSIGHTS")
    cards = [seen, await seen.press("Link machen")]
    cards.append(await cards[-1].press("Bisherige Links"))
    for each in cards:
        assert english_in(each.text.replace(shop.name, "")) == []


@pytest.mark.parametrize("kind", list(ReportType))
def test_every_button_fits_discord(kind: ReportType) -> None:
    """With the longest days and choice; Target raises where it would not."""
    for action in ("share:open", "share:days", "share:name", "share:form", "share:make"):
        assert len(Target(action, kind, DAYS, "USD", "90n").custom_id) <= 78
