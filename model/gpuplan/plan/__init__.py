"""The answer: read off the solver's values, completed in exact arithmetic, written and read back."""
