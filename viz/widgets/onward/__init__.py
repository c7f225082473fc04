"""From the step on a stage to a tool that starts there."""
