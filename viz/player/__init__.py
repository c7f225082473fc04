"""From a trace to the payload of the player, and from the payload to files."""
