"""
How twistd finds chatd.
"""

from twisted.application.service import ServiceMaker

chatd = ServiceMaker("chatd", "chatd.tap", "A chat server: a page, WebSockets and one log.", "chatd")
