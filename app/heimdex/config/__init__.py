"""Where things are and how they are set: directories, settings and logging.

Which class uses a setting is the composition root's affair (`bootstrap`, `engine_host`).
"""
