"""`python -m afilnet_protocols`: the same as the command `afilnet`."""

from afilnet_protocols.cli import main

if __name__ == "__main__":
    main()
