"""Turns Pushbench result files (FORMAT.md) into one self-contained HTML page."""
