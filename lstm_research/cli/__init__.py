"""The command `lstm-research`."""
