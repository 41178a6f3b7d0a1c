"""Finds money at risk although both sides agree, one exposure to a file."""
