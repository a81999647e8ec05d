"""A page and a REST interface for what-if questions, on the loopback interface."""
