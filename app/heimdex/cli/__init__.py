"""The command line: one module a group of commands, each with `add_to(commands)`.

What the commands do is done by the rooms below; here arguments are read and answers are written.
"""
