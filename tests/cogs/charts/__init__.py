"""Charts: what is drawn, and that nothing breaks out of it."""
