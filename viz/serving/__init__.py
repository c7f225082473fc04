"""How the page gets to people: addresses, the page kept ready, sessions, limits on what comes in."""
