"""What the shop says by e-mail, and the effects that send it."""
