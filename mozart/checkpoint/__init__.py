"""A checkpoint: one self-describing folder that holds all that composing needs, with its card, and its way to the Hub."""
