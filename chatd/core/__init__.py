"""
What chat is, without a socket, a file or a clock: the rules that every dialect, store and transport serves.
"""
