"""How the shop is doing, one report a file, found by being there."""
