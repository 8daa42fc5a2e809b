"""What inspect finds out about a file: what it looks at, and in which words it tells it."""
