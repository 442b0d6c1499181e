from typing import Any

import pytest

from bot.sandbox.limits_messages import check_body
from cogs._ui.card import Button, Card, Field, Option, PickChannel, PickRole, Picture, Select, plain
from cogs._ui.target import Target, guild_prefix
from cogs._ui.text import width

NASTY = {
    "ascii": "x" * 4000,
    "astral": "😀" * 4000,
    "combining": "e\u0301" * 2000,
    "family": "👨\u200d👩\u200d👧 " * 500,
    "rtl": "قميص أزرق " * 400,
    "markdown": "**_`~||[x](http://y)# > - " * 160,
    "mentions": "@everyone <@1> <@&2> <#3> " * 160,
    "blank": " " * 4000,
    "empty": "",
}
HERE = Target("shop:open")


def full_card(text: str) -> Card:
    """A card with this text in every place that takes text."""
    options = [Option(text, str(at), text) for at in range(25)]
    return Card(
        title=text,
        text=text,
        fields=[Field(text, text, inline=True) for _ in range(25)],
        rows=[
            [Button(text, Target("shop:open", at)) for at in range(5)],
            Select(text, Target("shop:pick"), options, 0, 25),
            PickRole(text, Target("setup:role"), 0, 3, ["1", "2"]),
            PickChannel(text, Target("setup:channel"), defaults=["5"]),
        ],
        footer=text,
        note=text,
        image_url=f"https://example.com/{text}",
    )


def embed_width(embed: dict[str, Any]) -> int:
    """What Discord counts against 6,000."""
    texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [each[key] for each in embed.get("fields", []) for key in ("name", "value")]
    return sum(map(width, texts))


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("prefix", [None, guild_prefix("12345678901234567890")])
@pytest.mark.parametrize("treated", [str, plain])
def test_whatever_is_written_discord_takes_the_card(text: str, prefix: str | None, treated: Any) -> None:
    """4,000 characters of anything in every place keep every limit, and ping nobody."""
    payload = full_card(treated(text)).payload(prefix)
    check_body(payload, ())
    assert all(embed_width(embed) <= 6000 for embed in payload["embeds"])
    assert payload["allowed_mentions"] == {"parse": []}
    assert width(payload["content"]) <= 2000


def test_a_long_embed_loses_from_its_longest_text() -> None:
    """A short title and short fields stay whole when the description is too long."""
    card = Card("Title", "x" * 4096, [Field(f"n{at}", "y" * 200) for at in range(20)])
    (embed,) = card.payload()["embeds"]
    assert embed_width(embed) <= 6000
    assert [field["value"] for field in embed["fields"]] == ["y" * 200] * 20
    assert embed["description"].endswith("x…")


def test_a_card_is_what_it_says() -> None:
    """Title, text, fields, colour, footer, buttons and note arrive where Discord shows them."""
    card = Card(
        "Mug",
        "A mug.",
        [Field("Price", "$5")],
        [[Button("Add", HERE, style="success", emoji="🛒"), Button("Site", url="https://example.com")]],
        colour="good",
        footer="Aurora",
        note="Welcome",
        thumbnail_url="https://example.com/a.png",
    )
    payload = card.payload()
    assert payload["content"] == "Welcome"
    assert payload["embeds"] == [
        {
            "color": 0x2E9E5B,
            "title": "Mug",
            "description": "A mug.",
            "fields": [{"name": "Price", "value": "$5", "inline": False}],
            "footer": {"text": "Aurora"},
            "thumbnail": {"url": "https://example.com/a.png"},
        }
    ]
    assert payload["components"][0]["components"] == [
        {"type": 2, "style": 3, "label": "Add", "emoji": {"name": "🛒"}, "custom_id": "shop:open"},
        {"type": 2, "style": 5, "label": "Site", "url": "https://example.com"},
    ]


def test_a_dm_card_names_its_guild_on_every_control() -> None:
    """Buttons and menus carry the prefix; links do not need it."""
    card = Card(rows=[[Button("Add", HERE)], Select("Pick", Target("shop:pick"), [Option("a", "b")])])
    rows = card.payload("g1~")["components"]
    assert [row["components"][0]["custom_id"] for row in rows] == ["g1~shop:open", "g1~shop:pick"]


def test_a_button_that_leads_nowhere_cannot_be_pressed() -> None:
    """Two page numbers on one card do not collide."""
    row = Card(rows=[[Button("1/3"), Button("2/3")]]).payload()["components"][0]["components"]
    assert [button["disabled"] for button in row] == [True, True]
    assert row[0]["custom_id"] != row[1]["custom_id"]


def test_an_emoji_alone_is_enough_and_a_custom_one_is_taken_apart() -> None:
    """Discord wants an id for a server's own emoji."""
    button = Button("", HERE, emoji="<a:wave:1234567890123456789>").payload("", "0:0")
    assert button["emoji"] == {"id": "1234567890123456789", "name": "wave", "animated": True}
    assert "label" not in button


def test_a_note_alone_makes_no_empty_embed() -> None:
    """A coloured stripe without anything in it is no card."""
    assert Card(note="Hello").payload()["embeds"] == []


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://x", "https://a b", "nonsense", ""])
def test_an_address_that_discord_refuses_costs_the_picture_not_the_card(address: str) -> None:
    """A product with a broken picture address can still be sold."""
    (embed,) = Card("Mug", image_url=address).payload()["embeds"]
    assert "image" not in embed


def test_the_first_picture_is_the_cards_image() -> None:
    """A QR code shows inside the card rather than beside it."""
    (embed,) = Card("Pay", pictures=[Picture("qr.png", b"png")]).payload()["embeds"]
    assert embed["image"] == {"url": "attachment://qr.png"}


@pytest.mark.parametrize(
    "card",
    [
        Card(fields=[Field("a", "b")] * 26),
        Card(rows=[[Button("a")]] * 6),
        Card(rows=[[Button("a")] * 6]),
        Card(rows=[Select("a", HERE, [])]),
        Card(rows=[Select("a", HERE, [Option("a", str(at)) for at in range(26)])]),
        Card(rows=[[Button("a", HERE), Button("b", HERE)]]),
        Card(rows=[[Button("a", url="javascript:x")]]),
        Card(rows=[[Button("a", url="https://" + "x" * 600)]]),
    ],
)
def test_what_cannot_be_cut_is_refused_aloud(card: Card) -> None:
    """Rows, buttons, fields and options are never dropped in silence."""
    with pytest.raises(ValueError, match=r"takes|lead"):
        card.payload()


def test_an_empty_row_is_left_out() -> None:
    """A cog may build a row of the buttons that apply, and none may apply."""
    assert Card(rows=[[], [Button("a", HERE)]]).payload()["components"][0]["components"][0]["label"] == "a"
