"""Commands in every language: what Discord lists, what sentences call them, and that they still answer."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from bot.sandbox import Person, Sandbox
from bot.sandbox.limits_commands import MAX_CHARACTERS, characters
from cogs._ui.catalogue import read
from cogs._ui.sentences import template
from cogs._ui.words import COMMAND, OPTION, Words, languages
from services.shops import Shop
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

SPOKEN = ["de", "es-ES", "es-419"]
# What nobody types: a path of the web, two halves of a protocol.
NO_COMMAND = {"/healthz"}
_SLASH = re.compile(r"(?<![\w/.:<])/[^\W\d_][\w-]*(?: [\w-]+)?")


class Node(NamedTuple):
    """A command, a subcommand or an option, and what stands before its name."""

    path: str
    above: str
    body: dict[str, Any]


def commands_of(discord: Sandbox) -> list[Node]:
    """Everything that Discord lists behind a slash."""
    return [Node(f"/{each['name']}", "", each) for each in discord.world.commands.all(None)]


def below(node: Node) -> Iterator[Node]:
    """A node and everything in it; the path of an option is its name."""
    yield node
    for each in node.body.get("options") or []:
        path = f"{node.path} {each['name']}" if each["type"] in {1, 2} else each["name"]
        yield from below(Node(path, node.path, each))


def nodes(discord: Sandbox) -> list[Node]:
    """Every command, subcommand and option."""
    return [node for command in commands_of(discord) for node in below(command)]


def listed(node: Node, locale: str) -> tuple[str, str]:
    """The name and the description that Discord shows in a language."""
    names = node.body.get("name_localizations") or {}
    texts = node.body.get("description_localizations") or {}
    return names.get(locale, node.body["name"]), texts.get(locale, node.body["description"])


async def test_translators_get_every_name_and_description(discord: Sandbox) -> None:
    """What Discord was told is what the source was read for: no more, no less."""
    found = template()
    everything = nodes(discord)
    for node in everything:
        context = COMMAND if node.path.startswith("/") else OPTION
        assert found.get(node.path, context), node.path
        assert found.get(node.body["description"]), node.body["description"]
    named = {(message.id, message.context) for message in found if message.context}
    paths = {(node.path, COMMAND if node.path.startswith("/") else OPTION) for node in everything}
    assert named == paths


@pytest.mark.parametrize("locale", SPOKEN)
async def test_discord_lists_every_command_in_each_language(discord: Sandbox, locale: str) -> None:
    """By the name and the description of the catalogue; the one for Spain is also that for Latin America."""
    w, found = Words.of(locale), template()
    for node in nodes(discord):
        is_command = node.path.startswith("/")
        said = w.command(node.path) if is_command else w.option(node.path)
        assert listed(node, locale) == (said.split()[-1].lstrip("/"), w(node.body["description"]))
        if node.above and is_command:
            assert said.startswith(f"{w.command(node.above)} "), said
        for choice in node.body.get("choices") or []:
            said = (choice["name_localizations"] or {}).get(locale, choice["name"])
            assert said == w(choice["name"])
            assert found.get(choice["name"]), choice["name"]


@pytest.mark.parametrize("locale", SPOKEN)
async def test_names_of_commands_are_apart_in_each_language(discord: Sandbox, locale: str) -> None:
    """Discord refuses two of one name; it checks siblings, and the sandbox does so for subcommands."""
    names = [listed(node, locale)[0] for node in commands_of(discord)]
    assert len(names) == len(set(names))


async def test_every_command_stays_within_discords_size(discord: Sandbox) -> None:
    """Counted in the longest language of each text, as Discord's reference says."""
    for node in commands_of(discord):
        assert characters(node.body) < MAX_CHARACTERS
        english = characters(node.body | {"name_localizations": {}, "description_localizations": {}})
        assert characters(node.body) >= english


@pytest.mark.parametrize("language", languages())
def test_sentences_name_commands_that_exist(language: str) -> None:
    """Whatever a sentence tells somebody to type is a command in that language, under its own name."""
    w = Words(language)
    spoken = {w.command(str(each.id)) for each in read(language) if each.context == COMMAND}
    named = [
        command
        for message in read(language)
        if message.id and not message.context and isinstance(message.id, str)
        for command in _SLASH.findall(w(message.id))
    ]
    assert len(named) > 100
    wrong = [each for each in named if each not in spoken and each.split()[0] not in spoken | NO_COMMAND]
    assert wrong == []


async def test_a_person_is_told_the_command_as_they_see_it(
    ada: Person, greta: Person, pilar: Person, marta: Person, shop: Shop
) -> None:
    """In German and in both kinds of Spanish; in English as ever."""
    assert shop.name
    assert "Mit `/shop stöbern` findest du etwas." in (await greta.run("/checkout")).text
    for spanish in (pilar, marta):
        assert "Encuentra algo con `/tienda mirar`." in (await spanish.run("/checkout")).text
    assert "Find something with `/shop browse`." in (await ada.run("/checkout")).text


async def test_the_panel_names_commands_in_the_persons_language(
    german_owner: Person, product: MakeProduct
) -> None:
    """Also those that the services know by their English name."""
    await product("Tasse", 1250, 3)
    seen = await german_owner.run("/admin stock", product="Tasse")
    assert "Tasse" in seen.text
    card = await german_owner.run("/help")
    assert "`/admin einstellungen`" in card.text
    assert "`/admin config`" not in card.text
