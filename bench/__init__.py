"""
What chatd costs, measured beside others on one machine. See docs/performance.md.
"""
