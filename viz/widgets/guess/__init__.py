"""The widget of the game "Beat the model"."""
