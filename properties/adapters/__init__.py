"""Rafts behind the Node interface."""
