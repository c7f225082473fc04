"""The narrator: what a player's present step did."""
