"""Runs one network in the quickest form that gives the same answers on this machine.

`graph` opens a form, `forms` makes them, `tuning` measures them once and keeps the best, `opening`
gives engines the one that was kept. What a network computes is left to `networks` and the engines.
"""
