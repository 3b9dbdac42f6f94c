"""
A chat server that one command starts.
"""

__version__ = "0.1.0"
