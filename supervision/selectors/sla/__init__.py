"""The clocks of cases as a supervisor watches them (时限看板): open ones, ended ones, pauses, and what departments were asked.

All of it is asked by a `Watch` (day, offices, who asks) and answered by plain functions: few grouped queries, however many
cases there are. Of a day gone by, open cases are read from their history, ended ones from their rounds.
"""

from .watch import Watch

__all__ = ["Watch"]
