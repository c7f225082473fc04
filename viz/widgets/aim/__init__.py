"""The aim: a window on a picture."""
