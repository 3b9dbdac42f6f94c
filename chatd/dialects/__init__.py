"""
How clients speak: each module turns bytes into commands, and replies and events into bytes.
"""
