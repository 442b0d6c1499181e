"""Whether Discord may be asked: not while it is away, not while it wants a pause, never in a storm."""

from datetime import timedelta

import pytest

from services.clock import Clock
from services.discord_throttle import WINDOW, DiscordThrottle
from tests.services.conftest import TestClock

FEW = 20


@pytest.fixture
def throttle(clock: TestClock) -> DiscordThrottle:
    """It bears few refusals."""
    return DiscordThrottle(clock, refusals=FEW)


def down(throttle: DiscordThrottle, times: int = 3) -> None:
    """Discord fails so often in a row."""
    for _ in range(times):
        throttle.answered(503)


def test_a_few_failures_between_good_answers_keep_nobody_away(throttle: DiscordThrottle) -> None:
    """One route may be broken, or one effect."""
    for _ in range(5):
        down(throttle, 2)
        throttle.answered(204)
    assert throttle.pause() is None
    assert not throttle.came_back()


def test_while_discord_is_away_one_asks_and_the_others_wait(
    throttle: DiscordThrottle, clock: TestClock
) -> None:
    """Half a minute later one tries; when it is answered all may, and that it is back is told once."""
    down(throttle, 2)
    throttle.lost()
    pause = throttle.pause()
    assert pause is not None
    assert timedelta(seconds=30) < pause < timedelta(seconds=90)
    clock.forward(seconds=31)
    assert throttle.pause() is None
    assert throttle.pause() is not None
    assert not throttle.came_back()
    throttle.answered(404)
    assert throttle.pause() is None
    assert throttle.came_back()
    assert not throttle.came_back()


def test_a_global_limit_stops_everybody_for_as_long_as_it_says(
    throttle: DiscordThrottle, clock: TestClock
) -> None:
    """To the second."""
    throttle.answered(429, 7.0)
    assert throttle.pause() == timedelta(seconds=7)
    clock.forward(seconds=7)
    assert throttle.pause() is None


@pytest.mark.parametrize("status", [401, 403, 429])
def test_refusals_never_come_near_to_a_ban(throttle: DiscordThrottle, clock: TestClock, status: int) -> None:
    """Whoever asks ten times a second for half an hour, and is refused each time, stays below the limit."""
    refused = []
    for _ in range(18_000):
        clock.forward(seconds=0.1)
        if throttle.pause() is None:
            refused.append(clock.now())
            throttle.answered(status if len(refused) % 2 else 403)
    most = max(sum(at <= each < at + WINDOW for each in refused) for at in refused)
    assert FEW / 2 <= most <= FEW
    assert len(refused) > FEW


def test_after_a_while_without_refusals_all_may_go_at_once_again(
    throttle: DiscordThrottle, clock: TestClock
) -> None:
    """What is older than ten minutes is forgotten."""
    for _ in range(FEW // 2):
        throttle.answered(403)
    assert (throttle.pause(), throttle.pause() is None) == (None, False)
    clock.forward(seconds=WINDOW.total_seconds() + 1)
    assert [throttle.pause() for _ in range(5)] == [None] * 5


def test_a_token_is_given_up_after_three_refusals_in_a_row(clock: Clock) -> None:
    """Once may be Discord's mistake."""
    throttle = DiscordThrottle(clock)
    for status in (401, 401, 200, 401, 401):
        throttle.answered(status)
    assert not throttle.shut_out.is_set()
    throttle.answered(401)
    assert throttle.shut_out.is_set()
    assert throttle.pause() is not None
