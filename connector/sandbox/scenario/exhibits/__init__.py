"""Situations that look suspicious and are in order: the connector must stay silent about them."""
