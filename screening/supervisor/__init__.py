"""The supervisors' pages: sign-in, the figures of closed months with their margins, and the same as files."""

from screening.supervisor import door, pages
from screening.supervisor.door import TRIES, TRIES_FOR_A_NAME, bp
from screening.supervisor.session import SupervisorSessionInterface

__all__ = ["TRIES", "TRIES_FOR_A_NAME", "SupervisorSessionInterface", "bp", "door", "pages"]
