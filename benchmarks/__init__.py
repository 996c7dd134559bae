"""Measurements: each prints a table of ratios, taken in one run."""
