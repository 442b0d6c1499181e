import asyncio

import pytest

from bot.sandbox import Community, NoAnswerError, Person, Sandbox
from cogs._ui.answer import PATIENCE, patience
from tests.cogs.ui.conftest import CODE

CALLBACK = "/interactions/*/callback"
ANSWER = "/interactions/{interaction_id}/{interaction_token}/callback"
DEFERRED = {"type": 5, "data": {"flags": 64}}


def answers(discord: Sandbox) -> list[tuple[int, int | None]]:
    """The kinds of first answers that were sent, and how Discord took each."""
    return [(each.body["type"], each.status) for each in discord.recorder.to("POST", ANSWER)]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("way", "said"), [("show", "Page 1"), ("say", "At last."), ("nothing", "Done."), ("bug", f"`{CODE}`")]
)
async def test_a_slow_command_defers_by_itself(ada: Person, discord: Sandbox, way: str, said: str) -> None:
    """The person sees that it is being worked on, and then the answer in that place, whatever it is."""
    seen = await ada.run("/talk slow", seconds=1.5, way=way)
    assert said in seen.text
    assert seen.ephemeral
    assert seen.followups == []
    assert answers(discord) == [(5, 204)]


@pytest.mark.usefixtures("bot")
async def test_a_form_that_comes_too_late_asks_to_try_again(ada: Person) -> None:
    """Discord opens no form after a deferral, so the person is told."""
    assert (await ada.run("/talk slow", seconds=1.5, way="form")).text.endswith("Please try again.")


@pytest.mark.usefixtures("bot")
async def test_a_slow_click_defers_without_a_trace(ada: Person, guild: Community, discord: Sandbox) -> None:
    """On her own card all goes on in place; on a public one her page is a message of her own."""
    mine = await ada.run("/talk show")
    assert (await mine.press("late")).id == mine.id
    assert mine.now.text.startswith("Page 6")
    await ada.run("/talk post")
    post = guild.general.messages_for(ada)[-1]
    seen = await post.press("late")
    assert post.now.text.startswith("Page 5")
    assert [each.text.split("\n")[0] for each in seen.followups or [seen]] == ["Page 6"]
    assert answers(discord) == [(4, 204), (6, 204), (4, 204), (6, 204)]


@pytest.mark.usefixtures("bot")
async def test_deferral_and_answer_are_never_both_sent_as_first(guild: Community, discord: Sandbox) -> None:
    """Thirty answers around the very moment of the deferral: each is heard, and Discord refuses none."""
    people = [guild.add_member(f"p{at}") for at in range(30)]
    waits = [1.185 + at * 0.001 for at in range(30)]
    seen = await asyncio.gather(
        *(person.run("/talk slow", seconds=wait) for person, wait in zip(people, waits, strict=True))
    )
    assert all("At last." in each.text for each in seen)
    assert [status for _, status in answers(discord)] == [204] * 30


@pytest.mark.usefixtures("bot")
async def test_an_answer_whose_acknowledgement_was_lost_is_given_once(ada: Person, discord: Sandbox) -> None:
    """The second try meets 40060, which means that the person was served."""
    discord.faults.lose("POST", CALLBACK)
    seen = await ada.run("/talk show", text="hello")
    await discord.until(lambda: len(answers(discord)) == 2 and answers(discord)[1][1])
    assert "hello" in seen.text
    assert seen.now.followups == []
    assert answers(discord)[1] == (4, 400)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("times", [1, 2])
async def test_a_lost_deferral_costs_nothing(ada: Person, discord: Sandbox, times: int) -> None:
    """Even when its repetition is lost too, the answer finds the deferral in place and edits it."""
    discord.faults.lose("POST", CALLBACK, times=times)
    seen = await ada.run("/talk slow", seconds=1.6)
    assert "At last." in seen.text
    card = await seen.press("Next")
    assert card.id == seen.id


@pytest.mark.usefixtures("bot")
async def test_a_failing_server_is_asked_again(ada: Person, discord: Sandbox) -> None:
    """A 502 did nothing; the next try is taken, well within the three seconds."""
    discord.faults.fail("POST", CALLBACK, status=502)
    assert "hello" in (await ada.run("/talk show", text="hello")).text
    assert answers(discord) == [(4, 502), (4, 204)]


@pytest.mark.usefixtures("bot")
async def test_an_edit_is_repeated_after_a_broken_connection(ada: Person, discord: Sandbox) -> None:
    """Editing twice is the same as once."""
    discord.faults.lose("PATCH", "/webhooks/*")
    seen = await ada.run("/talk slow", seconds=1.5)
    assert "At last." in seen.text
    assert seen.followups == []


@pytest.mark.usefixtures("bot")
async def test_who_dismissed_the_card_gets_the_next_as_a_new_message(ada: Person, discord: Sandbox) -> None:
    """What happened must reach the person, also when the message to edit is gone."""
    card = await ada.run("/talk show")
    pressing = asyncio.create_task(card.press("late"))
    await discord.until(lambda: (6, 204) in answers(discord))
    card.message.deleted = True
    seen = await pressing
    assert "Page" in seen.text
    assert seen.id != card.id


@pytest.mark.usefixtures("bot")
async def test_a_person_whom_discord_gave_up_on_leaves_a_trace_and_no_error(
    ada: Person, discord: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that arrives after three seconds is lost; the work was done, and nothing else breaks."""
    discord.faults.delay("POST", CALLBACK, seconds=3.2)
    with pytest.raises(NoAnswerError):
        await ada.run("/talk both")
    await discord.until(lambda: "interaction_lost" in caplog.messages)
    assert "interaction_failed" not in caplog.messages
    assert "hello" in (await ada.run("/talk show", text="hello")).text


@pytest.mark.usefixtures("bot")
async def test_when_discord_takes_nothing_the_failure_is_in_the_log(
    ada: Person, discord: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A person who cannot be reached even for the apology is at least known by the reference."""
    discord.faults.fail("POST", CALLBACK, times=2, status=403)
    with pytest.raises(NoAnswerError):
        await ada.run("/talk show")
    await discord.until(lambda: "apology_failed" in caplog.messages)
    failed = next(record for record in caplog.records if record.message == "interaction_failed")
    assert failed.__dict__["reference"] == CODE


def test_a_crowd_is_told_sooner_that_its_answers_come() -> None:
    """Alone somebody gets the answer itself; in a crowd even saying "thinking" takes its time."""
    assert patience(0) == patience(1) == patience(60) == PATIENCE
    waits = [patience(attended) for attended in (60, 100, 200, 1000)]
    assert waits == sorted(waits, reverse=True)
    assert 0 < patience(1000) < patience(200) < PATIENCE / 3
