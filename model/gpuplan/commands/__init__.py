"""Commands of the command line beside those of `cli`: one file for each question."""
