"""Accounts are linked and unlinked, each to one person; their secrets are sealed and never come out."""

import asyncio
from collections import Counter

import pytest

from models.access import Identity, User
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, NotFound
from models.member import Member
from services import Services
from services.access import Permission
from services.audit import Audit
from services.identity_desk import MAX_SECRETS, IdentityDesk
from services.shops import Shop
from services.vault import Vault, VaultShut
from tests.services.conftest import ADA, BOB, OWNER
from tests.services.staffing import hire, role

EVE = Member("4", "eve", "Eve")
SECRET = "correct horse battery staple 🐎"


async def own(db: Db, user: User) -> Identity:
    """The account that a user came with."""
    found = await Identity.find_one(db, {"providerUserId": user.discord_id, "tenantId": user.tenant_id})
    assert found is not None
    return found


async def test_a_second_account_is_linked_and_unlinked(db: Db, services: Services, shop: Shop) -> None:
    """It is shown with the person; their records of customers can be merged; permissions stay apart."""
    kept, other = await services.customers.of(shop, ADA), await services.customers.of(shop, BOB)
    ada = await hire(services, shop, ADA, await role(services, shop, "Clerk", Permission.ORDER_VIEW))
    bob = await hire(services, shop, BOB)
    desk = services.identities
    linked = await desk.link(shop, OWNER, ada.key, BOB)
    view = await desk.view(shop, ada.key)
    assert [each.provider_user_id for each in view.identities] == ["2", "3"]
    assert [(one.key, two.key) for one, two in view.to_merge] == [(kept.key, other.key)]
    theirs = await desk.view(shop, bob.key)
    assert theirs.identities == []
    assert theirs.belongs_to is not None
    assert theirs.belongs_to.key == ada.key
    assert await services.access.permissions_of(shop, BOB) == set()
    await services.merging.merge(shop, OWNER, kept.key, other.key)
    assert (await desk.view(shop, ada.key)).to_merge == []
    await desk.unlink(shop, OWNER, ada.key, linked.key)
    assert (await own(db, bob)).user_id == bob.key
    acts = [row.action for row in await AuditLog.find_all(db, {"entityId": ada.key}, sort="_id")]
    assert acts == ["user.create", "identity.link", "identity.unlink"]


async def test_an_account_without_a_user_comes_and_goes(db: Db, services: Services, shop: Shop) -> None:
    """Its record is made for the link and forgotten with it; a user who is made meanwhile gets none."""
    ada = await hire(services, shop, ADA)
    linked = await services.identities.link(shop, OWNER, ada.key, EVE)
    eve = await services.users.of_member(shop, OWNER, EVE)
    assert (await services.identities.view(shop, eve.key)).belongs_to == await User.get(db, shop.id, ada.key)
    await services.identities.unlink(shop, OWNER, ada.key, linked.key)
    assert (await own(db, eve)).user_id == eve.key
    other = await services.identities.link(shop, OWNER, ada.key, Member("5", "x", "X"))
    await services.identities.unlink(shop, OWNER, ada.key, other.key)
    assert await Identity.find_one(db, {"providerUserId": "5"}) is None


async def test_what_cannot_be_linked_changes_nothing(db: Db, services: Services, shop: Shop) -> None:
    """Itself, twice, what belongs to somebody else, chains, another shop's, one's own account."""
    ada, bob, eve = [await hire(services, shop, who) for who in (ADA, BOB, EVE)]
    boris = Member("50", "boris", "Boris")
    other = await services.shops.claim("901", "Borealis", boris)
    theirs = await services.users.of_member(other, boris, ADA)
    desk = services.identities
    await desk.link(shop, OWNER, ada.key, BOB)
    before = await Identity.find_all(db, {}, sort="_id")
    for step, error in (
        (desk.link(shop, OWNER, ada.key, ADA), BadInput),
        (desk.link(shop, OWNER, ada.key, BOB), BadInput),
        (desk.link(shop, OWNER, eve.key, BOB), BadInput),
        (desk.link(shop, OWNER, eve.key, ADA), BadInput),
        (desk.unlink(shop, OWNER, ada.key, before[0].key), BadInput),
        (desk.unlink(shop, OWNER, bob.key, before[1].key), NotFound),
        (desk.link(other, boris, ada.key, EVE), NotFound),
        (desk.view(other, ada.key), NotFound),
        (desk.get(other, theirs.key, before[0].key), NotFound),
        (desk.keep_secret(other, boris, theirs.key, before[0].key, "x", "y"), NotFound),
        (desk.unlink(shop, OWNER, ada.key, "nonsense"), NotFound),
    ):
        with pytest.raises(error):
            await step
    assert await Identity.find_all(db, {}, sort="_id") == before


async def test_nobody_is_linked_to_two_or_in_a_circle(db: Db, services: Services, shop: Shop) -> None:
    """Two staff at once, and two accounts linked to each other at once."""
    for turn in range(8):
        people = [Member(f"{100 + 10 * turn + n}", "x", "X") for n in range(3)]
        users = [await hire(services, shop, who) for who in people]
        desk = services.identities
        rivals = await asyncio.gather(
            desk.link(shop, OWNER, users[0].key, people[2]),
            desk.link(shop, OWNER, users[1].key, people[2]),
            return_exceptions=True,
        )
        assert Counter(isinstance(each, BadInput) for each in rivals) == {True: 1, False: 1}
        pair = [Member(f"{105 + 10 * turn + n}", "x", "X") for n in range(2)]
        both = [await hire(services, shop, who) for who in pair]
        circle = await asyncio.gather(
            desk.link(shop, OWNER, both[0].key, pair[1]),
            desk.link(shop, OWNER, both[1].key, pair[0]),
            return_exceptions=True,
        )
        assert Counter(isinstance(each, BadInput) for each in circle) == {True: 1, False: 1}
        assert {(await own(db, user)).user_id for user in both} in ({both[0].key}, {both[1].key})


async def test_a_secret_goes_in_and_is_nowhere_to_be_read(db: Db, services: Services, shop: Shop) -> None:
    """Neither in the record nor in the audit log nor in what the record says of itself."""
    ada = await hire(services, shop, ADA)
    identity = await own(db, ada)
    desk = services.identities
    kept = await desk.keep_secret(shop, OWNER, ada.key, identity.key, " Refresh_Token ", SECRET)
    assert desk.secret(kept, "refresh_token") == SECRET
    assert SECRET not in repr(kept)
    for name in await db.database.list_collection_names():
        rows = [str(row) async for row in db.database[name].find()]
        assert not any(SECRET in row for row in rows), name
    for wrong in ("", "$where", "a.b", "x" * 41, "näme"):
        with pytest.raises(BadInput):
            await desk.keep_secret(shop, OWNER, ada.key, identity.key, wrong, "x")
    with pytest.raises(BadInput):
        await desk.keep_secret(shop, OWNER, ada.key, identity.key, "long", "x" * 4001)
    gone = await desk.keep_secret(shop, OWNER, ada.key, identity.key, "refresh_token", "")
    assert gone.secrets is None
    for n in range(MAX_SECRETS):
        await desk.keep_secret(shop, OWNER, ada.key, identity.key, f"n{n}", "x")
    with pytest.raises(BadInput):
        await desk.keep_secret(shop, OWNER, ada.key, identity.key, "one_more", "x")


async def test_a_secret_opens_only_where_it_belongs(db: Db, services: Services, shop: Shop) -> None:
    """Copied to another record, another name or another shop it stays shut."""
    ada, bob = await hire(services, shop, ADA), await hire(services, shop, BOB)
    first, second = await own(db, ada), await own(db, bob)
    kept = await services.identities.keep_secret(shop, OWNER, ada.key, first.key, "token", SECRET)
    sealed = (kept.secrets or {})["token"]
    for copy in (
        second.model_copy(update={"secrets": {"token": sealed}}),
        kept.model_copy(update={"secrets": {"other": sealed}}),
        kept.model_copy(update={"tenant_id": "elsewhere"}),
    ):
        with pytest.raises(VaultShut):
            services.identities.secret(copy, next(iter(copy.secrets or {})))


async def test_the_next_write_seals_all_anew_after_a_rotation(db: Db, services: Services, shop: Shop) -> None:
    """Afterwards the old secret of the installation is needed no more; one that is lost spoils no other."""
    ada = await hire(services, shop, ADA)
    identity = await own(db, ada)
    old, new = "old secret of this installation", "new secret of this installation"
    desks = [
        IdentityDesk(db, audit=Audit(db), vault=Vault(secrets)) for secrets in ([old], [new, old], [new])
    ]
    await desks[0].keep_secret(shop, OWNER, ada.key, identity.key, "first", SECRET)
    await Identity.change(db, {"_id": identity.id}, {"$set": {"secrets.lost": "nobody can open this"}})
    kept = await desks[1].keep_secret(shop, OWNER, ada.key, identity.key, "second", "two")
    assert (desks[2].secret(kept, "first"), desks[2].secret(kept, "second")) == (SECRET, "two")
    assert (kept.secrets or {})["lost"] == "nobody can open this"
    with pytest.raises(VaultShut):
        desks[0].secret(kept, "first")


async def test_two_secrets_at_once_are_both_kept(db: Db, services: Services, shop: Shop) -> None:
    """Neither write takes the other's away."""
    ada = await hire(services, shop, ADA)
    identity = await own(db, ada)
    await asyncio.gather(
        *(
            services.identities.keep_secret(shop, OWNER, ada.key, identity.key, f"n{n}", f"{n}")
            for n in range(6)
        )
    )
    kept = await own(db, ada)
    assert {services.identities.secret(kept, f"n{n}") for n in range(6)} == {f"{n}" for n in range(6)}
