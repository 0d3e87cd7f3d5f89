"""What all measurements share: places to work in, tools, programs and tables."""
