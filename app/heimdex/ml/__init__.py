"""Engines, their manifests and their weights; the only room that imports a model runtime."""
