"""The matching engine measured: from C, from Python, at its worst, and beside other engines."""
