"""The pixel editor."""
