"""Faults on demand: errors, rate limits, lost and late answers for the requests a test names."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from time import monotonic, time
from typing import Literal

from bot.sandbox.errors import JSON

Kind = Literal["status", "limit", "lose", "delay"]


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests that match."""

    method: str
    pattern: str
    kind: Kind
    times: int
    status: int = 500
    seconds: float = 0.0
    is_global: bool = False
    done: bool = False

    def matches(self, method: str, path: str, template: str | None) -> bool:
        if self.method not in ("*", method):
            return False
        return self.pattern == template or fnmatchcase(path, self.pattern)


@dataclass(slots=True)
class Window:
    """A rate limit as Discord keeps them: so many requests within so many seconds."""

    method: str
    pattern: str
    limit: int
    per: float
    used: int = 0
    ends: float = 0.0

    def matches(self, method: str, path: str, template: str | None) -> bool:
        if self.method not in ("*", method):
            return False
        return self.pattern == template or fnmatchcase(path, self.pattern)

    def take(self) -> tuple[bool, dict[str, str]]:
        """Count one request; returns whether it may pass, and the headers that say so."""
        now = monotonic()
        if now >= self.ends:
            self.used, self.ends = 0, now + self.per
        passes = self.used < self.limit
        self.used += passes
        left = self.ends - now
        return passes, {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": f"{abs(hash((self.method, self.pattern))):x}",
        }


class Faults:
    """The faults in force. Patterns are Discord's templates or paths with wildcards: /channels/*/messages."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._windows: list[Window] = []
        self._global: Window | None = None

    def fail(
        self, method: str, pattern: str, *, times: int = 1, status: int = 500, done: bool = False
    ) -> None:
        """Answer with an error and do nothing; with `done`, do what is asked and still answer so."""
        self._faults.append(Fault(method, pattern, "status", times, status=status, done=done))

    def limit(
        self, method: str, pattern: str, *, times: int = 1, retry_after: float = 0.5, is_global: bool = False
    ) -> None:
        """Answer 429 and do nothing."""
        self._faults.append(Fault(method, pattern, "limit", times, seconds=retry_after, is_global=is_global))

    def lose(self, method: str, pattern: str, *, times: int = 1) -> None:
        """Do what is asked, then drop the connection instead of answering."""
        self._faults.append(Fault(method, pattern, "lose", times))

    def delay(self, method: str, pattern: str, *, seconds: float, times: int = 1) -> None:
        """Do what is asked only after so many seconds."""
        self._faults.append(Fault(method, pattern, "delay", times, seconds=seconds))

    def rate_limit(self, method: str, pattern: str, *, limit: int, per: float) -> None:
        """From now on let `limit` requests pass every `per` seconds and answer 429 to the rest."""
        self._windows.append(Window(method, pattern, limit, per))

    def rate_limit_all(self, *, limit: int, per: float) -> None:
        """The same over all that a bot asks with its token; answers do not tell how much of it is left."""
        self._global = Window("*", "*", limit, per)

    def clear(self) -> None:
        self._faults.clear()
        self._windows.clear()
        self._global = None

    def take(self, method: str, path: str, template: str | None) -> Fault | None:
        """Return the fault for this request and use it up."""
        for fault in self._faults:
            if fault.matches(method, path, template):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def window(self, method: str, path: str, template: str | None) -> tuple[bool, dict[str, str]]:
        for window in self._windows:
            if window.matches(method, path, template):
                return window.take()
        return True, {}

    def exhausted(self) -> float:
        """Count one request of the bot; how many seconds it has to wait, 0 when it may pass."""
        if self._global is None:
            return 0.0
        passes, headers = self._global.take()
        return 0.0 if passes else float(headers["X-RateLimit-Reset-After"])


def limited(retry_after: float, *, is_global: bool) -> tuple[JSON, dict[str, str]]:
    """Return the body and headers of a 429; without Via, clients take it for a ban by Cloudflare."""
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": is_global,
    }
    headers = {
        "Retry-After": f"{retry_after:.3f}",
        "Via": "1.1 google",
        "X-RateLimit-Scope": "global" if is_global else "user",
    }
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    return body, headers
