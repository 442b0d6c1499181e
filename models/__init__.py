"""What things are: documents, values, states and refusals."""

import os

# Motor asks the database on so many threads, and reads this when it is first imported. They cost little while
# they wait, and with its own ten a crowd would wait in turns for a server that is gone (docs/adr/0039).
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")
