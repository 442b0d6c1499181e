"""How faults of a provider end: those that a repeat gets over, and what each says when it lasts."""

from models.errors import OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from tests.fakes.provider import Fault

PASSING = [Fault.LOST, Fault.LATE_ERROR, Fault.PAGE, Fault.BUSY, Fault.DOWN, Fault.SLOW]
LASTING: list[tuple[Fault, type[ProviderError]]] = [
    (Fault.LOST, OutcomeUnknown),
    (Fault.LATE_ERROR, OutcomeUnknown),
    (Fault.DOWN, OutcomeUnknown),
    (Fault.SLOW, OutcomeUnknown),
    (Fault.PAGE, OutcomeUnknown),
    (Fault.PAGE_OK, OutcomeUnknown),
    (Fault.RUNNING, OutcomeUnknown),
    (Fault.BUSY, Unavailable),
    (Fault.BUSY_UNTIL, Unavailable),
    (Fault.SHUT, WrongKeys),
]
