"""What people send who do not use a client: other people's ids, older versions' ids, and noise."""
