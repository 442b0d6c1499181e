"""A stand-in for Discord, with people in it, so that tests, the demo and the bench need no account.

async with Sandbox() as discord:
    nextcord.http.Route.BASE = discord.api_url        # the bot's one line; start it with discord.token
    guild = discord.add_guild("Aurora", owner="olivia")
    vip = guild.add_role("VIP")                       # below the bot's role; position=9 puts it above
    staff = guild.add_channel("staff", visible_to=[vip, guild.bot_role])
    ada = guild.add_member("ada", display_name="Ada", locale="en-US")
    await discord.ready()                             # connected, commands registered

    seen = await ada.run("/shop browse", query="mug") # the answer after it has settled, or NoAnswerError
    names = [choice.name for choice in await ada.suggest("/shop product", name="mu")]
    seen = await seen.press("Add to cart")            # by label; seen.text is all that Ada can read
    seen = await seen.choose("Select a product", "Coffee mug")
    form = await seen.open("Enter a code")            # click() returns a Seen or a Form, as it comes
    seen = await form.submit({"Code": "WELCOME"})
    one, two = await asyncio.gather(ada.click(seen, "Confirm"), ada.click(seen, "Confirm"))

    await discord.until(lambda: "VIP" in ada.role_names)
    ada.dms[-1].text, staff.messages[-1].text, ada.close_dms(), guild.leave(ada)
    discord.faults.lose("POST", "/channels/*/messages")   # done, but the answer never arrives
    discord.gateway.drop()                                # the bot resumes
    pro = discord.store.sell(ada, guild=guild)            # bought from Discord itself: ENTITLEMENT_CREATE
    discord.store.take_back(pro)                          # ENTITLEMENT_DELETE; quietly=True tells nobody
    assert not discord.unknown                            # nothing asked that the stand-in lacks
    assert violations(discord.requests) == []             # from bot.sandbox.openapi, if its file is there
"""

from bot.sandbox.driver import Sandbox
from bot.sandbox.errors import NoAnswerError, NotOfferedError
from bot.sandbox.faults import Faults
from bot.sandbox.forms import Form
from bot.sandbox.people import Choice, Patience, Person
from bot.sandbox.permissions import Permission
from bot.sandbox.places import Community, Room
from bot.sandbox.recording import Request
from bot.sandbox.seen import Seen
from bot.sandbox.session_starts import Starts

__all__ = [
    "Choice",
    "Community",
    "Faults",
    "Form",
    "NoAnswerError",
    "NotOfferedError",
    "Patience",
    "Permission",
    "Person",
    "Request",
    "Room",
    "Sandbox",
    "Seen",
    "Starts",
]
