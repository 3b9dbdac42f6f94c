"""
Who may come in: how passwords are hashed, and what vouches for somebody.
"""
