"""``python -m prefmath`` is ``prefmath``."""

from prefmath.cli import main

if __name__ == "__main__":
    main()
