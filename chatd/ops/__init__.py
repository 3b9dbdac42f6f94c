"""
What an operator has of a server that runs.
"""
