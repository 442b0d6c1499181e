"""Bad days on purpose: what the shop stands on fails while people buy."""
