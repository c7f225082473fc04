"""The address of a moment, the page's one digit, and the gate that asks for a painting: in the browser."""
