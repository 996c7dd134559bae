"""How a piece is composed: a request, a plan of its form and harmony, notes drawn one after another, an ending, a composition."""
