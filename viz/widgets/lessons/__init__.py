"""The lessons in the page: the list, a step beside the real room, its task, and the questions at the end."""
