"""Attacks what reads, trains and serves, for as long as it is told to, and counts what was lost.

`make attack MINUTES=10`. Not part of the tests: whatever it finds becomes one. Every kind of attack is a module with a function
`run(trial)`; it runs in a process of its own, which the table's process ends when it hangs.
"""
