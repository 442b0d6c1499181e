"""The shop's way of speaking, shared by every cog: cards, forms, words, refusals and the desk."""
