import pytest
from nextcord.ext import commands
from prometheus_client import generate_latest

from bot.sandbox import Community, Form, Person, Room, Sandbox, Seen
from bot.sandbox.guilds import Role
from cogs._ui.desk import Desk
from services import Services
from services.shops import Shop
from tests.cogs.ui.conftest import CODE, talking
from tests.cogs.ui.talk import PNG, Talk

ANSWER = "/interactions/{interaction_id}/{interaction_token}/callback"


async def test_a_command_is_answered_by_a_card_and_a_click_turns_it(ada: Person, bot: commands.Bot) -> None:
    """The card is hers alone, is edited in place, and nextcord remembers nothing of it."""
    card = await ada.run("/talk show", text="hello")
    assert card.ephemeral
    assert "hello" in card.text
    turned = await card.press("Next")
    assert turned.id == card.id
    assert turned.text.startswith("Page 1\nfor Ada")
    assert not bot._connection._view_store._views
    assert not bot._connection._modal_store._modals


async def test_buttons_survive_a_restart(
    discord: Sandbox, services: Services, shop: Shop, ada: Person
) -> None:
    """A card of one process is understood by the next."""
    assert shop.name == "Aurora"
    async with talking(discord, services):
        card = await ada.run("/talk show")
    async with talking(discord, services):
        assert "Page 1" in (await card.press("Next")).text


@pytest.mark.usefixtures("bot")
async def test_a_form_goes_on_where_it_was_opened(ada: Person) -> None:
    """From a card it edits the card; from a command it makes one."""
    card = await ada.run("/talk show")
    form = await card.open("Rename")
    assert [field.value for field in form.fields] == ["Ada"]
    renamed = await form.submit({"Name": " Bea "})
    assert (renamed.id, "called Bea" in renamed.text) == (card.id, True)
    opened = await ada.call("/talk form")
    assert isinstance(opened, Form)
    fresh = await opened.submit({"Name": "Cleo"})
    assert "called Cleo" in fresh.text
    assert fresh.ephemeral


@pytest.mark.usefixtures("bot")
async def test_choices_of_menus_arrive(ada: Person, staff_role: Role) -> None:
    """Values of a menu, and ids of a native one."""
    card = await ada.run("/talk show")
    both = await card.choose("Choose", "Red", "Blue")
    assert "r and b" in both.text
    role = await card.choose("Choose a role", staff_role)
    assert str(staff_role.id) in role.text


@pytest.mark.usefixtures("bot")
async def test_saying_leaves_the_card_as_it_is(ada: Person) -> None:
    """A short word is a message of its own."""
    card = await ada.run("/talk show", text="hello")
    said = await card.press("say")
    assert (said.text, said.ephemeral) == ("Just so you know.", True)
    assert "hello" in card.now.text


@pytest.mark.usefixtures("bot")
async def test_a_refusal_is_told_and_changes_nothing(ada: Person) -> None:
    """The one translator speaks; the card stays."""
    card = await ada.run("/talk show", text="hello")
    told = await card.press("refuse")
    assert told.text == "Only 2 of **Mug** are left. Please choose a smaller quantity."
    assert "hello" in card.now.text


@pytest.mark.usefixtures("bot")
async def test_a_bug_is_answered_with_the_reference_that_is_in_the_log(
    ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """The person reads a code and no internals; the log has both."""
    told = await (await ada.run("/talk show")).press("bug")
    assert f"`{CODE}`" in told.text
    assert "planted" not in told.text
    (record,) = [record for record in caplog.records if record.message == "interaction_failed"]
    assert (record.__dict__["reference"], record.__dict__["action"]) == (CODE, "talk:bug")
    assert 'File "' in vars(record)["traceback"]


@pytest.mark.usefixtures("bot")
async def test_every_interaction_is_logged_by_what_it_was(
    ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Action, outcome and time; no names, no texts."""
    with caplog.at_level("INFO", "cogs._ui"):
        await (await ada.run("/talk show", text="secret")).press("refuse")
    records = [record.__dict__ for record in caplog.records if record.message == "interaction"]
    assert [(each["action"], each["outcome"]) for each in records] == [
        ("talk show", "done"),
        ("talk:refuse", "OutOfStock"),
    ]
    assert all(each["ms"] >= 0 for each in records)
    assert "secret" not in str(records)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    "custom_id", ["cart:gone:1", "nonsense", "talk:page", "talk:page:1:2", "g5~talk:old"]
)
async def test_an_old_or_strange_button_gets_a_kind_word(ada: Person, custom_id: str) -> None:
    """Unknown actions and other numbers of arguments come from an older version."""
    card = await ada.run("/talk show")
    told = await ada.click(card, custom_id=custom_id, forged=True)
    assert "older version" in told.text


@pytest.mark.usefixtures("bot")
async def test_a_guild_in_a_forged_prefix_is_not_believed(ada: Person, guild: Community, talk: Talk) -> None:
    """In a guild, the guild is the one where the click was made."""
    card = await ada.run("/talk show")
    await ada.click(card, custom_id="g999999999999999999~talk:silent", forged=True)
    assert talk.seen
    assert talk.seen.guild_id == str(guild.id)


@pytest.mark.usefixtures("bot")
async def test_the_member_is_who_discord_says_at_this_click(
    ada: Person, olivia: Person, guild: Community, staff_role: Role, talk: Talk
) -> None:
    """Name, roles, locale and ownership come with every interaction."""
    await ada.run("/talk silent")
    assert talk.seen
    first = talk.seen.member
    guild.give(ada, staff_role)
    await ada.run("/talk silent")
    assert first.role_ids == frozenset()
    assert talk.seen.member.role_ids == {str(staff_role.id)}
    assert (first.discord_id, first.display_name, first.locale) == (str(ada.id), "Ada", "en-US")
    await olivia.run("/talk silent")
    assert [first.owns_guild, talk.seen.member.owns_guild] == [False, True]


@pytest.mark.usefixtures("bot")
async def test_the_staff_gate_is_asked_at_every_click(
    ada: Person, sam: Person, guild: Community, staff_role: Role
) -> None:
    """Somebody who lost the role sees the card still, but it does nothing for them any more."""
    card = await sam.run("/talk staff")
    assert "behind the counter" in card.text
    guild.take(sam, staff_role)
    told = await card.press("counter")
    assert "`payment.approve`" in told.text
    assert "`payment.approve`" in (await ada.run("/talk staff")).text


@pytest.mark.usefixtures("bot")
async def test_a_click_on_a_public_card_answers_only_who_clicked(
    ada: Person, bob: Person, guild: Community
) -> None:
    """Bob gets his own page; the post stays for everybody."""
    await ada.run("/talk post")
    post = guild.general.messages_for(bob)[-1]
    mine = await post.press("Next")
    assert (mine.ephemeral, mine.id != post.id) == (True, True)
    assert "for Bob" in mine.text
    assert post.now.text.startswith("Page 7")
    again = await mine.press("Next")
    assert again.id == mine.id


@pytest.mark.usefixtures("bot")
async def test_a_reply_turns_the_public_card_for_everybody(
    ada: Person, sam: Person, guild: Community
) -> None:
    """Approving edits the card in the channel; a word to the person who clicked can follow."""
    await ada.run("/talk post")
    post = guild.general.messages_for(sam)[-1]
    await post.press("counter")
    assert "approved" in post.now.text
    whisper = await post.press("whisper")
    assert "for all" in post.now.text
    assert "for one" in (whisper.followups or [whisper])[-1].text


async def further(discord: Sandbox, seen: Seen) -> list[str]:
    """The titles of the messages that follow an answer, once there are any and the bot is quiet."""
    await discord.until(lambda: seen.followups, what="a message that follows")
    await discord.quiet()
    return [each.text.split("\n")[0] for each in seen.followups]


@pytest.mark.usefixtures("bot")
async def test_saying_and_showing_in_any_order_reaches_the_person(
    ada: Person, guild: Community, discord: Sandbox
) -> None:
    """After a word, the next card is a message of its own, and a public card is still edited."""
    shown = await ada.run("/talk both")
    assert shown.text == "First this."
    assert await further(discord, shown) == ["Page 2"]
    await ada.run("/talk post")
    post = guild.general.messages_for(ada)[-1]
    said = await post.press("both")
    assert said.text == "Said first."
    assert await further(discord, said) == ["Page 3"]
    assert post.now.text.startswith("Page 4")
    mine = await ada.run("/talk show")
    said = await mine.press("both")
    assert await further(discord, said) == ["Page 4"]


@pytest.mark.usefixtures("bot")
async def test_showing_twice_shows_the_last(ada: Person) -> None:
    """A command's card is replaced by its next one."""
    card = await ada.run("/talk show", times=3)
    assert card.now.text.startswith("Page 2")
    assert card.followups == []


@pytest.mark.usefixtures("bot")
async def test_silence_is_answered_too(ada: Person) -> None:
    """A command is done; a click is acknowledged and leaves the card."""
    assert (await ada.run("/talk silent")).text == "Done."
    card = await ada.run("/talk show", text="hello")
    assert "hello" in (await card.press("silent")).text


@pytest.mark.usefixtures("bot")
async def test_what_nextcord_does_not_run_is_answered(ada: Person, caplog: pytest.LogCaptureFixture) -> None:
    """A failing check or an unreadable option leaves nobody waiting; native answers stay alone."""
    assert "try again in a minute" in (await ada.run("/guarded")).text
    assert "command_failed" in caplog.messages
    assert f"`{CODE}`" in (await ada.run("/talk broken", text="x")).text
    assert "interaction_failed" in caplog.messages
    assert (await ada.run("/native")).text == "Native."


@pytest.mark.usefixtures("bot")
async def test_suggestions_fit_discord(ada: Person) -> None:
    """At most 25, names cut, other options at hand."""
    choices = await ada.suggest("/talk show", times=2, text="mu")
    assert len(choices) == 25
    assert choices[0].name.startswith("mu 0 of 2")
    assert max(len(choice.name) for choice in choices) <= 100


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("text", ["silent", "refuse", "bug"])
async def test_suggestions_that_fail_are_simply_empty(ada: Person, text: str) -> None:
    """A person who types sees no suggestions rather than an error."""
    assert await ada.suggest("/talk show", text=text) == []


@pytest.mark.usefixtures("bot")
async def test_pictures_travel_with_the_card(ada: Person) -> None:
    """At once, and after a deferral."""
    for seconds in (0.0, 1.4):
        seen = await ada.run("/talk picture", seconds=seconds)
        assert seen.files == {"qr.png": PNG}


@pytest.mark.usefixtures("bot")
async def test_one_callback_per_interaction(ada: Person, discord: Sandbox) -> None:
    """A command and a click cost one request each."""
    await (await ada.run("/talk show")).press("Next")
    sent = discord.recorder.to("POST", ANSWER)
    assert [request.status for request in sent] == [204, 204]
    assert len([request for request in discord.requests if "webhooks" in request.path]) == 0


async def test_two_cogs_cannot_want_the_same_click(bot: commands.Bot, talk: Talk, services: Services) -> None:
    """It is refused at the start; an unloaded cog makes room."""
    desk: Desk = talk.desk
    with pytest.raises(ValueError, match="two handlers"):
        Talk(bot, services, desk)
    bot.remove_cog("Talk")
    again = Talk(bot, services, desk)
    assert again.desk is desk


@pytest.mark.usefixtures("bot", "dm_shop")
async def test_a_shop_that_answers_by_dm_does(ada: Person, guild: Community, talk: Talk) -> None:
    """The command says so; the card in the DM works like any other, in the guild it came from."""
    told = await ada.run("/talk show", text="hello")
    assert told.text == "I have sent it to you as a direct message."
    card = ada.dms[-1]
    assert "hello" in card.text
    turned = await card.press("Next")
    assert turned.id == card.id
    assert "for Ada" in turned.text
    assert talk.seen
    assert (talk.seen.guild_id, talk.seen.in_dm) == (str(guild.id), True)
    form = await turned.open("Rename")
    assert "called Bea" in (await form.submit({"Name": "Bea"})).text
    assert (await turned.press("say")).text == "Just so you know."
    both = await card.now.press("both")
    assert "Page 4" in card.now.text
    assert both.text == "Said first."


@pytest.mark.usefixtures("bot", "dm_shop")
async def test_roles_of_a_click_in_a_dm_are_todays(
    ada: Person, olivia: Person, guild: Community, staff_role: Role, talk: Talk
) -> None:
    """A DM tells no roles, so they are asked for; the owner is recognised there too."""
    await ada.run("/talk show")
    guild.give(ada, staff_role)
    await ada.dms[-1].press("Next")
    assert talk.seen
    assert talk.seen.member.role_ids == {str(staff_role.id)}
    assert (talk.seen.member.display_name, talk.seen.member.owns_guild) == ("Ada", False)
    await olivia.run("/talk show")
    await olivia.dms[-1].press("Next")
    assert talk.seen.member.owns_guild


@pytest.mark.usefixtures("bot", "dm_shop")
async def test_who_left_the_guild_is_refused_kindly_in_the_dm(ada: Person, guild: Community) -> None:
    """The card in the DM stays, but the shop is not theirs any more; the same when the shop has left."""
    await ada.run("/talk show")
    guild.leave(ada)
    assert "Join it again" in (await ada.dms[-1].press("Next")).text
    guild.join(ada)
    guild.expel_bot()
    assert "have left" in (await ada.dms[-1].press("Next")).text


@pytest.mark.usefixtures("bot", "dm_shop")
async def test_a_closed_dm_falls_back_to_the_channel(ada: Person) -> None:
    """The card comes as an ephemeral answer, with a hint, and works there."""
    ada.close_dms()
    card = await ada.run("/talk show", text="hello")
    assert card.ephemeral
    assert card.text.startswith("I could not send you a direct message")
    assert "hello" in card.text
    assert (await card.press("Next")).id == card.id


@pytest.mark.usefixtures("bot", "dm_shop")
async def test_staff_work_stays_in_the_guild(sam: Person) -> None:
    """Cards behind the counter are not sent by DM: their menus of roles and channels would be empty there."""
    assert "behind the counter" in (await sam.run("/talk staff")).text
    assert sam.dms == []


@pytest.mark.usefixtures("bot")
async def test_a_command_outside_a_guild_is_sent_there(ada: Person) -> None:
    """A DM has no shop of its own."""
    told = await ada.run("/talk show", at=ada.dm)
    assert told.text == "Please use this in the server where the shop is."


@pytest.mark.usefixtures("bot")
async def test_a_guild_without_a_shop_says_how_to_open_one(discord: Sandbox) -> None:
    """The gate names the next step; a card that needs no shop is shown all the same."""
    other = discord.add_guild("Borealis", owner="boris")
    await discord.ready()
    assert "`/admin setup`" in (await other.owner.run("/talk staff")).text
    assert (await other.owner.run("/talk show")).text.startswith("Page 0")


@pytest.mark.usefixtures("bot")
async def test_a_public_card_in_a_closed_room_is_answered(sam: Person, staff_room: Room) -> None:
    """Staff cards work where only staff may look."""
    await sam.run("/talk post", at=staff_room)
    await staff_room.messages_for(sam)[-1].press("counter")
    assert "approved" in staff_room.messages_for(sam)[-1].text


@pytest.mark.usefixtures("bot")
async def test_what_is_counted_has_names_of_ours_alone(ada: Person, services: Services) -> None:
    """A forged click is counted as unknown: its text would be one label more for each try."""
    card = await ada.run("/talk show")
    await ada.click(card, custom_id="strange-7481:1", forged=True)
    registry = services.meters.registry
    known = {"kind": "command", "action": "talk show", "outcome": "done"}
    strange = {"kind": "click", "action": "unknown", "outcome": "done"}
    assert registry.get_sample_value("shop_interactions_total", known) == 1
    assert registry.get_sample_value("shop_interactions_total", strange) == 1
    assert registry.get_sample_value("shop_interaction_seconds_count", {"kind": "click"}) == 1
    assert "7481" not in generate_latest(registry).decode()
