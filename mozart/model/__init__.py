"""What predicts the next note: its inputs, the network, one note at a time, and what any prediction is measured against."""
