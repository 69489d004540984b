"""Observations: trace events, their file format, validation against the spec, explanation of a refusal."""
