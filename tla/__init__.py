"""TLA+ in Python: syntax tree, modules, values, compiler, explicit checker. Knows nothing about Raft."""
