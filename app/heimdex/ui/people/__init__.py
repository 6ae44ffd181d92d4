"""The people panel: portraits, groups of faces to be named, and a page for each person."""
