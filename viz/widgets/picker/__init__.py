"""A second digit: one of the examples, or the page's own."""
