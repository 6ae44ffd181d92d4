"""The side of the window: player, transcript and details of one video."""
