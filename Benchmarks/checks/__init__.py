"""Measurements of one property each, with a threshold."""
