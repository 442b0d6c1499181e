"""How a provider's news becomes the state of a payment and its order."""
