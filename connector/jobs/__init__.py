"""What we do: each job carries one step of the month from start to end."""
