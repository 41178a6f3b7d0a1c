"""The doors to other people's systems and files."""
