"""The nouns of Heimdex: frozen records, errors and the Protocols that engines and stores fulfil.

Nothing here reads a file, opens a database or loads a model; stdlib and numpy only.
"""
