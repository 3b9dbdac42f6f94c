"""
`python -m chatd`, the same as `chatd`.
"""

from chatd.console import main

if __name__ == "__main__":
    main()
