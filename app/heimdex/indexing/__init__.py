"""From a file on disk to a searchable video: scan, watch, plan, and the worker that drives stages.

What a stage computes is in `stages` and runs in the engine host; what is kept is storage's affair.
"""
