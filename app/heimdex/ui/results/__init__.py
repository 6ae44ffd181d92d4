"""The search panel: moments that answer a sentence, with the reasons."""
