"""The activity panel: what is being indexed, what waits and what went wrong."""
