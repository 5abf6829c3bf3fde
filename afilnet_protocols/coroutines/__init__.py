"""The six operations as coroutines: the interface, its wrapper, and who carries them out, with and without threads."""
