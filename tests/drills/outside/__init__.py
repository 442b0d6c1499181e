"""The outside on bad days: Discord, providers, and whoever stops or kills the program."""
