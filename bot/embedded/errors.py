"""What goes wrong with private servers, said in one sentence an operator can act on."""


class EmbeddedUnavailable(Exception):
    """A private server cannot run here; the text says what to install, set or stop."""


class EmbeddedInUse(EmbeddedUnavailable):
    """Another living bot owns the folder."""


class EmbeddedDied(Exception):
    """A private server ended by itself while the bot ran; the text says what to do."""
