"""Compose a piece: from a request to a plan of form and harmony, notes drawn one after another, an ending, a composition."""
