"""The numbers of a code under sliders."""
