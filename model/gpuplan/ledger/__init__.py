"""A plan in plain exact arithmetic: its decisions, what they cost, and what each rule makes of them.

Nothing here knows of columns, rows or a solver.
"""
