"""Lays expected and billed side by side and gives every slice its verdict."""
