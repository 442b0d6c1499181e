"""How the shop speaks: Discord in, Discord out; no rules, no database."""
