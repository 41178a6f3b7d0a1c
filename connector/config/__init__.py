"""Reads what administrators write in YAML and says where it is wrong."""
