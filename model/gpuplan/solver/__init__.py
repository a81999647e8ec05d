"""Pyomo to HiGHS by sparse matrices, with limits that hold, incumbents that are kept and statuses that are checked."""
