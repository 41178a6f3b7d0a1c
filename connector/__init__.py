"""Compares what Microsoft charges a partner with what the partner's books charge the customers."""
