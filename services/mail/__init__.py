"""Ways to send e-mail: each file with a `PARTNER` is a service that a shop can have keys to."""
