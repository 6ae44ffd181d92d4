"""The Qt shell: one window with its panels, and the threads that keep it from ever waiting.

What the window shows is computed below this room; nothing here decodes, searches or stores.
"""
