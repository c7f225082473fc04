"""Everything that knows pictures: from a trace to the screen, a chart or a file."""
