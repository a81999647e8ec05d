"""The instance: what may be bought and built, and under which rules. Knows nothing of the solver."""
