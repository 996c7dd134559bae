"""Predicting the next note: the network and its inputs, the same network one note at a time, and baselines to compare it with."""
