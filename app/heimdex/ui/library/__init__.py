"""The library panel: every video as a poster with its state."""
