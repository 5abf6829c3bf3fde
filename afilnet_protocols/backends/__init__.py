"""The five built-in backends: each is a codec and a way to authenticate, on the shared transport."""
