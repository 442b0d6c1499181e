"""What is counted while the shop works, for whoever watches it; every label has few values, none is an id."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_PEOPLE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
_AWAY = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Meters:
    """One process's counters; counting costs about a microsecond and never fails."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._interactions = self._counter(
            "shop_interactions", "People answered, by what they did", "kind", "action", "outcome"
        )
        self._interaction_seconds = self._histogram(
            "shop_interaction_seconds", "From a click's arrival to its last word", _PEOPLE, "kind"
        )
        self._webhooks = self._counter("shop_webhooks", "Deliveries answered", "provider", "status")
        self._events = self._counter("shop_webhook_events", "Stored events acted upon", "provider", "outcome")
        self._effects = self._counter("shop_effects", "Effects tried", "kind", "outcome")
        self._calls = self._counter("shop_provider_calls", "Calls to providers", "provider", "outcome")
        self._call_seconds = self._histogram(
            "shop_provider_call_seconds", "All tries of one call to a provider", _AWAY, "provider"
        )
        self._resting = self._gauge(
            "shop_provider_resting",
            "Addresses not asked now, as they gave no answer",
            "provider",
        )
        self._database = self._histogram(
            "shop_database_seconds", "Commands to the database", _FAST, "command"
        )
        self._database_errors = self._counter("shop_database_errors", "Commands that failed", "command")
        self._discord = self._counter("shop_discord_requests", "Requests to Discord", "method", "status")
        self._discord_seconds = self._histogram("shop_discord_seconds", "Requests to Discord", _AWAY)
        self._lag = self._histogram("shop_loop_lag_seconds", "How late the event loop is", _FAST)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(name, says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(name, says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, steps: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, says, labels, buckets=steps, registry=self.registry)

    def interaction(self, kind: str, action: str, outcome: str, seconds: float) -> None:
        """Somebody was answered; `action` is one that a cog is marked for, never what Discord sent."""
        self._interactions.labels(kind, action, outcome).inc()
        self._interaction_seconds.labels(kind).observe(seconds)

    def webhook(self, provider: str, status: int) -> None:
        """A delivery was answered with this status."""
        self._webhooks.labels(provider, str(int(status))).inc()

    def event(self, provider: str, outcome: str) -> None:
        """A stored event was done, postponed, ignored, or given up as dead."""
        self._events.labels(provider.lower(), outcome).inc()

    def effect(self, kind: str, outcome: str) -> None:
        """An effect was done, waits, was postponed, or given up as dead."""
        self._effects.labels(kind, outcome).inc()

    def call(self, provider: str, outcome: str, seconds: float) -> None:
        """A provider was called, with all tries that took."""
        self._calls.labels(provider, outcome).inc()
        self._call_seconds.labels(provider).observe(seconds)

    def resting(self, providers: dict[str, int]) -> None:
        """How many addresses of each provider rest at the moment."""
        self._resting.clear()
        for provider, places in providers.items():
            self._resting.labels(provider).set(places)

    def database(self, command: str, seconds: float, *, failed: bool) -> None:
        """The database answered a command."""
        self._database.labels(command).observe(seconds)
        if failed:
            self._database_errors.labels(command).inc()

    def discord(self, method: str, status: str, seconds: float) -> None:
        """Discord answered a request, or did not."""
        self._discord.labels(method, status).inc()
        self._discord_seconds.observe(seconds)

    def lag(self, seconds: float) -> None:
        """The event loop was so late."""
        self._lag.observe(seconds)
