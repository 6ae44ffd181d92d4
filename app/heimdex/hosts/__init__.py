"""The pipe between the owner process and its engine hosts: frames, supervision, the child's loop.

What the child computes is the affair of `engine_host`; nothing here knows a model or a stage.
"""
