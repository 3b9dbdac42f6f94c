"""
Where the logs are kept: each module is one `chatd.core.ports.Store`.
"""
