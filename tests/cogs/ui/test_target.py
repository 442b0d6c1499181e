import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._ui.target import Target, guild_prefix, parse


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=2), max_size=2))
def test_what_is_written_is_read_back(args: list[str]) -> None:
    """Any argument survives the way through a custom_id, also colons and tildes."""
    parsed = parse(Target("cart:qty", *args).custom_id)
    assert parsed == (None, "cart:qty", tuple(args))


def test_a_custom_id_says_what_it_does() -> None:
    """Ids stay readable; numbers may be given as numbers."""
    assert Target("cart:qty", "65f0c0ffee", 3).custom_id == "cart:qty:65f0c0ffee:3"


def test_the_guild_is_read_from_the_prefix() -> None:
    """A click in a DM names its guild."""
    custom_id = guild_prefix("123456789012345678") + Target("cart:view").custom_id
    assert parse(custom_id) == ("123456789012345678", "cart:view", ())


@pytest.mark.parametrize("foreign", ["", "x", "g~cart:view", "gabc~cart:view", "persistent_view~1", "a~b:c"])
def test_a_foreign_custom_id_is_read_without_harm(foreign: str) -> None:
    """It names no guild, and no action that a cog could have."""
    parsed = parse(foreign)
    assert parsed.guild_id is None
    assert parsed.action != "cart:view"


@pytest.mark.parametrize("args", [("x" * 70,), ("🎁" * 40,)])
def test_a_target_always_leaves_room_for_the_guild(args: tuple[str, ...]) -> None:
    """What would fit in a guild but not in a DM is refused where it is built."""
    with pytest.raises(ValueError, match="too long"):
        Target("cart:qty", *args)


@pytest.mark.parametrize("action", ["cart", "cart:qty:more", ""])
def test_an_action_is_an_area_and_a_verb(action: str) -> None:
    """Anything else would not be found again."""
    with pytest.raises(ValueError, match="area:verb"):
        Target(action)


def test_equal_targets_are_equal() -> None:
    """They can be compared and counted by where they lead."""
    assert len({Target("a:b", 1), Target("a:b", "1"), Target("a:b", 2)}) == 2
    assert repr(Target("a:b", 1)) == "Target('a:b:1')"
