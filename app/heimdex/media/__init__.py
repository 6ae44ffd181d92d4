"""Reads the person's files with PyAV: what is in them, their sound and their pictures.

Never writes to an original. Understanding what is heard or seen is left to `ml` and `indexing`.
"""
