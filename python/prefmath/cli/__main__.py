"""``python -m prefmath.cli`` is ``prefmath``."""

from prefmath.cli import main

main()
