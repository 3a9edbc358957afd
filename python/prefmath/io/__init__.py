"""Reading and writing: data frames and files."""
