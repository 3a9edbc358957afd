"""Records out of files and of memory, one at a time, whatever holds them."""
