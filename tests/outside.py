"""How the house of a test reaches outside services: with a vault of its own, and nowhere unless told."""

from bot.outside import Outside
from services.vault import Vault

OUTSIDE = Outside(Vault(["a-secret-that-is-long-enough-for-tests"]))
