"""How words on a command line become arguments of functions, and what the help says of them."""
