"""What the engine host computes for each stage: plain functions of a file and the engines.

Committing the outputs is the worker's affair; which engines there are, the composition root's.
"""
