"""What a person's hand did to a painting of DRAW."""
