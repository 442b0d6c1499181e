from typing import Any

import pytest

from bot.sandbox import Community, Sandbox
from bot.sandbox.errors import JSON, ApiError
from bot.sandbox.limits_commands import characters, check_command
from bot.sandbox.limits_messages import check_body
from bot.sandbox.limits_modals import check_modal
from tests.bot.sandbox.conftest import Api
from tests.bot.sandbox.small_bot import button, card, code_form, row

V2 = 1 << 15
OPTION = {"label": "A", "value": "a"}


def select(**more: Any) -> JSON:
    return {"type": 3, "custom_id": "s", "options": [OPTION]} | more


def options(count: int) -> list[JSON]:
    return [{"label": f"L{number}", "value": f"v{number}"} for number in range(count)]


def field(name: str = "n", value: str = "v") -> JSON:
    return {"name": name, "value": value}


def link(url: str, **more: Any) -> JSON:
    return {"type": 2, "style": 5, "label": "Go", "url": url} | more


def codes(errors: JSON) -> set[str]:
    """Collect the codes of a nested errors object."""
    found = {one["code"] for one in errors.get("_errors", [])}
    return found.union(*(codes(inner) for key, inner in errors.items() if key != "_errors"))


GOOD_MESSAGES: list[JSON] = [
    card(),
    {"content": "x" * 2000},
    {"embeds": [{"title": "x" * 256, "description": "x" * 4096}]},
    {"embeds": [{"fields": [field("x" * 256, "x" * 1)] * 20, "footer": {"text": "x" * 800}}]},
    {"embeds": [{"title": "x"}] * 10},
    {"components": [row(button("x" * 80, "x" * 100))] * 1},
    {"components": [row(*(button("B", f"{line}:{place}") for place in range(5))) for line in range(5)]},
    {"components": [row(select(options=options(25), max_values=25, min_values=0, placeholder="x" * 150))]},
    {"components": [row(link("https://example.org"), link("discord://-/channels/1"))]},
    {"components": [row({"type": 2, "style": 1, "custom_id": "e", "emoji": {"name": "🛒"}})]},
    {"allowed_mentions": {"parse": []}},
    {"flags": V2, "components": [{"type": 17, "components": [{"type": 10, "content": "x" * 4000}]}]},
]

BAD_MESSAGES: list[tuple[JSON, str]] = [
    ({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": 5}, "STRING_TYPE_CONVERT"),
    ({"embeds": [{"title": "x" * 257}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [field()] * 26}]}, "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"fields": [field(name="x" * 257)]}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [field(value="x" * 1025)]}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [field(value="")]}]}, "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"title": "x"}] * 11}, "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"title": "x", "image": {"url": "ftp://x"}}]}, "URL_TYPE_INVALID_URL"),
    ({"components": [row(button("B", str(number))) for number in range(6)]}, "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(*(button("B", str(number)) for number in range(6)))]}, "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row()]}, "BASE_TYPE_BAD_LENGTH"),
    ({"components": [button("B", "1")]}, "UNION_TYPE_CHOICES"),
    ({"components": [row(button("B", "1"), button("C", "1"))]}, "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ({"components": [row(button("B", "x" * 101))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button("B", ""))]}, "BASE_TYPE_REQUIRED"),
    ({"components": [row(button("x" * 81, "1"))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button("", "1"))]}, "BUTTON_COMPONENT_LABEL_REQUIRED"),
    ({"components": [row(button("B", "1", emoji={"name": "cart"}))]}, "BUTTON_COMPONENT_INVALID_EMOJI"),
    ({"components": [row(link("javascript:alert(1)"))]}, "URL_TYPE_INVALID_SCHEME"),
    ({"components": [row(link("https://example.org", custom_id="1"))]}, "BUTTON_COMPONENT_CUSTOM_ID_URL"),
    ({"components": [row(select(options=options(26)))]}, "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(select(options=[]))]}, "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(select(options=[OPTION, OPTION]))]}, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"),
    ({"components": [row(select(options=[{"label": "x" * 101, "value": "a"}]))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(select(options=[{"label": "a", "value": "x" * 101}]))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(select(options=[OPTION | {"description": "x" * 101}]))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(select(placeholder="x" * 151))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(select(max_values=2))]}, "SELECT_COMPONENT_MAX_VALUES"),
    ({"components": [row(select(), button("B", "1"))]}, "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ({"allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
    ({"allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"),
    ({"nonce": "x" * 26}, "BASE_TYPE_MAX_LENGTH"),
    (
        {"flags": V2, "content": "x", "components": [{"type": 10, "content": "x"}]},
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    (
        {"flags": V2, "components": [{"type": 17, "components": [{"type": 10, "content": "x"}] * 40}]},
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    (
        {"flags": V2, "components": [{"type": 10, "content": "x" * 2001}] * 2},
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
]


@pytest.mark.parametrize("body", GOOD_MESSAGES)
def test_messages_at_the_limits_pass(body: JSON) -> None:
    """What Discord takes to the last character is taken."""
    check_body(body, ())


@pytest.mark.parametrize(("body", "code"), BAD_MESSAGES)
def test_messages_beyond_a_limit_are_refused_by_its_code(body: JSON, code: str) -> None:
    """Each limit is named under the path of what breaks it."""
    with pytest.raises(ApiError) as refused:
        check_body(body, ("data",))
    assert refused.value.body["code"] == 50035
    assert codes(refused.value.body["errors"]["data"]) == {code}


def text_input(**more: Any) -> JSON:
    return {"type": 4, "custom_id": "t", "style": 1, "label": "Text"} | more


def modal(*parts: JSON, **more: Any) -> JSON:
    return {"custom_id": "m", "title": "Title", "components": list(parts)} | more


BAD_MODALS = [
    (modal(row(text_input()), title="x" * 46), "BASE_TYPE_MAX_LENGTH"),
    (modal(), "BASE_TYPE_BAD_LENGTH"),
    (modal(*(row(text_input(custom_id=str(number))) for number in range(6))), "BASE_TYPE_BAD_LENGTH"),
    (modal(row(text_input()), row(text_input())), "COMPONENT_CUSTOM_ID_DUPLICATED"),
    (modal(row(text_input(label="x" * 46))), "BASE_TYPE_MAX_LENGTH"),
    (modal(row(text_input(value="x" * 4001))), "BASE_TYPE_MAX_LENGTH"),
    (modal(row(text_input(value="x" * 6, max_length=5))), "BASE_TYPE_MAX_LENGTH"),
    (modal(row(text_input(max_length=4001))), "NUMBER_TYPE_MAX"),
    (modal(row(text_input(placeholder="x" * 101))), "BASE_TYPE_MAX_LENGTH"),
    (modal(row(select())), "UNION_TYPE_CHOICES"),
    (modal({"type": 18, "label": "x" * 46, "component": select()}), "BASE_TYPE_MAX_LENGTH"),
    (modal({"type": 18, "label": "Ok", "component": button("B", "1")}), "UNION_TYPE_CHOICES"),
]


@pytest.mark.parametrize(("body", "code"), BAD_MODALS)
def test_modals_beyond_a_limit_are_refused(body: JSON, code: str) -> None:
    """A form that Discord would not open is refused, and the small bot's own is fine."""
    check_modal(code_form(), ())
    check_modal(modal(row(text_input(value="x" * 4000))), ())
    with pytest.raises(ApiError) as refused:
        check_modal(body, ())
    assert codes(refused.value.body["errors"]) == {code}


def command(**more: Any) -> JSON:
    return {"name": "shop", "description": "The shop", "type": 1} | more


def option(name: str = "a", kind: int = 3, **more: Any) -> JSON:
    return {"name": name, "description": "An option", "type": kind} | more


BAD_COMMANDS = [
    (command(name="Shop"), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(name="my shop"), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(name="x" * 33), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(description="x" * 101), "BASE_TYPE_MAX_LENGTH"),
    (command(description=""), "BASE_TYPE_REQUIRED"),
    (command(options=[option(f"o{number}") for number in range(26)]), "BASE_TYPE_BAD_LENGTH"),
    (command(options=[option(), option()]), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE"),
    (
        command(options=[option(), option("b", required=True)]),
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (command(options=[option(kind=1), option("b")]), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"),
    (command(options=[option(choices=[{"name": "n", "value": "v"}] * 26)]), "BASE_TYPE_BAD_LENGTH"),
    (command(name_localizations={"de": "Laden"}), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(name_localizations={"es-ES": "la tienda"}), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(options=[option(name_localizations={"de": "x" * 33})]), "APPLICATION_COMMAND_INVALID_NAME"),
    (command(description_localizations={"de": "x" * 101}), "BASE_TYPE_MAX_LENGTH"),
    (command(options=[option(description_localizations={"de": ""})]), "BASE_TYPE_REQUIRED"),
    (
        command(options=[option(f"o{number}", name_localizations={"es-ES": "ver"}) for number in range(2)]),
        "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE",
    ),
    (command(options=[option(choices=[{"name": "x" * 101, "value": "v"}])]), "BASE_TYPE_MAX_LENGTH"),
]


@pytest.mark.parametrize(("body", "code"), BAD_COMMANDS)
def test_commands_beyond_a_limit_are_refused(body: JSON, code: str) -> None:
    """Names, counts and the order of options follow Discord's rules."""
    with pytest.raises(ApiError) as refused:
        check_command(body, ())
    assert codes(refused.value.body["errors"]) == {code}


def test_a_command_has_eight_thousand_characters_in_all() -> None:
    """Names, descriptions and choice values count, each in its longest translation."""
    subs = [
        option(f"sub{number}", 1, options=[option("o", description_localizations={"de": "x" * 100})] * 1)
        for number in range(25)
    ]
    body = command(options=subs)
    assert characters(body) == len("shopThe shop") + sum(len(one["name"]) + 9 + 1 + 100 for one in subs)
    check_command(body, ())
    choices = [{"name": "x" * 100, "value": "x" * 100}] * 20
    for one in subs:
        one["options"] = [option("o", choices=choices)]
    with pytest.raises(ApiError) as refused:
        check_command(body, ())
    assert codes(refused.value.body["errors"]) == {"APPLICATION_COMMAND_TOO_LARGE"}


@pytest.mark.parametrize(
    "body", [{}, {"content": ""}, {"content": " \n"}, {"components": card()["components"]}]
)
async def test_a_message_with_nothing_to_see_is_refused(api: Api, guild: Community, body: JSON) -> None:
    """Empty texts, spaces and bare buttons are 50006."""
    status, refusal = await api("POST", f"/channels/{guild.general.id}/messages", body)
    assert (status, refusal["code"]) == (400, 50006)
    assert guild.general.messages == []


async def test_an_edit_may_not_empty_a_message_nor_touch_anothers(api: Api, guild: Community) -> None:
    """Both are refused and leave the message as it was."""
    path = f"/channels/{guild.general.id}/messages"
    _, message = await api("POST", path, {"content": "kept"})
    assert (await api("PATCH", f"{path}/{message['id']}", {"content": None}))[1]["code"] == 50006
    theirs = guild.owner.say("mine")
    assert (await api("PATCH", f"{path}/{theirs.id}", {"content": "x"}))[1]["code"] == 50005
    assert [seen.content for seen in guild.general.messages] == ["kept", "mine"]


async def test_only_allowed_mentions_ping(api: Api, guild: Community) -> None:
    """User text with mentions pings nobody under parse: []."""
    ada, vip = guild.add_member("ada"), guild.add_role("VIP")
    path = f"/channels/{guild.general.id}/messages"
    text = f"@everyone {ada.mention} {vip.mention}"
    choices: list[JSON | None] = [{"parse": []}, {"parse": ["users"]}, {"roles": [str(vip.id)]}, None]
    for allowed in choices:
        await api("POST", path, {"content": text} | ({"allowed_mentions": allowed} if allowed else {}))
    pings = [seen.pings for seen in guild.general.messages]
    assert pings == [[], [str(ada.id)], [str(vip.id)], [str(ada.id), str(vip.id), "everyone"]]


async def test_a_hundred_commands_fit_and_names_replace(api: Api, discord: Sandbox) -> None:
    """A POST with a known name updates it; bulk PUT replaces all; unknown ones are 10063."""
    base = f"/applications/{discord.application_id}/commands"
    status, first = await api("POST", base, command())
    assert status == 201
    status, again = await api("POST", base, command(description="Again"))
    assert (status, again["id"], again["description"]) == (200, first["id"], "Again")
    status, stored = await api("PUT", base, [command(name=f"c{number}") for number in range(100)])
    assert (status, len(stored)) == (200, 100)
    assert (await api("POST", base, command(name="one-more")))[1]["code"] == 30032
    assert (await api("DELETE", f"{base}/{stored[0]['id']}"))[0] == 204
    assert (await api("GET", f"{base}/{stored[0]['id']}"))[1]["code"] == 10063
