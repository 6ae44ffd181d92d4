"""Heimdex: a private, local search engine for a person's own video library."""

__version__ = "0.1.0"
