"""How the house runs: configuration, wiring, the client and the listener."""
