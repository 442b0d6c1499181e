import json
from pathlib import Path

import pytest

from bot.sandbox import Community, Request, Sandbox
from bot.sandbox.openapi import DESCRIPTION, violations

ROOT = Path(__file__).parents[3]


@pytest.mark.usefixtures("bot")
async def test_everything_the_bot_sent_is_what_discord_describes(guild: Community, discord: Sandbox) -> None:
    """A tour through the small bot leaves no request that the stand-in or the OpenAPI description lacks."""
    ada, vip = guild.add_member("ada"), guild.add_role("VIP")
    card = await ada.run("/shop browse")
    await card.choose("Select a product", "Coffee mug")
    await ada.suggest("/shop product", name="mu")
    await (await card.open("Enter a code")).submit({"Code": "X", "Size": "Small"})
    await card.press("Confirm")
    await card.press("Later")
    await ada.run("/file")
    await ada.run("/dm")
    await ada.run("/grant", member=ada, role=vip)
    assert not discord.unknown
    if (ROOT / DESCRIPTION).exists():
        assert violations(discord.requests, ROOT / DESCRIPTION) == []


SAY = "/channels/{channel_id}/messages"
SMALL_DESCRIPTION = {
    "paths": {
        SAY: {
            "parameters": [
                {
                    "name": "channel_id",
                    "in": "path",
                    "required": True,
                    "schema": {"$ref": "#/components/schemas/SnowflakeType"},
                }
            ],
            "post": {
                "parameters": [{"name": "wait", "in": "query", "schema": {"type": "boolean"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Say"}}},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "SnowflakeType": {"type": "string", "pattern": "^[0-9]+$"},
            "Say": {
                "type": "object",
                "required": ["content"],
                "properties": {
                    "content": {"type": "string", "maxLength": 5},
                    "reply_to": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/SnowflakeType"}]},
                },
            },
        }
    },
}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (
            Request("POST", "", SAY, {"channel_id": "1"}, {"wait": "true"}, {"content": "hi", "reply_to": 7}),
            [],
        ),
        (
            Request("POST", "", SAY, {"channel_id": "1"}, {}, {"content": "too long"}),
            ["$.content", "too long"],
        ),
        (
            Request("POST", "", SAY, {"channel_id": "1"}, {}, {"content": "hi", "reply_to": "x"}),
            ["$.reply_to"],
        ),
        (Request("POST", "", SAY, {"channel_id": "me"}, {}, {"content": "hi"}), ["path channel_id"]),
        (Request("POST", "", SAY, {"channel_id": "1"}, {"colour": "red"}, {"content": "hi"}), ["colour"]),
        (Request("POST", "", SAY, {"channel_id": "1"}, {}, None), ["body is missing"]),
        (Request("GET", "/no/such", None, {}, {}), ["/no/such", "no such operation"]),
    ],
)
def test_a_violation_is_told_in_words(tmp_path: Path, request_: Request, words: list[str]) -> None:
    """Bodies, path values, queries and operations that are not described are each named; good ones pass."""
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(SMALL_DESCRIPTION))
    found = violations([request_], description)
    assert len(found) == bool(words)
    assert all(word in found[0] for word in words)
