"""Requests from outside, checked, and answered by the trained models: the only door of the page."""
