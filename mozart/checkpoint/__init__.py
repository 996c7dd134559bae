"""What a checkpoint is: one self-describing folder that holds all that composing needs, its card, and its way to the Hub."""
