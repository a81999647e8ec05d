"""The mixed-integer program under construction: columns, rows and cost flows that the families declare."""
