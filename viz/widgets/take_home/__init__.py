"""Taking the animation of a stage home."""
