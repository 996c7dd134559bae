"""From works to a checkpoint: configuration, data, the loop, saved runs, evaluation, and the finished checkpoint."""
