"""
The tutorial's chat on `websockets`: what one says, all are told. `python websockets_server.py PORT`
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

connections: set[ServerConnection] = set()


async def listen(connection: ServerConnection) -> None:
    """
    One client, from its coming to its going.
    """
    connections.add(connection)
    try:
        async for text in connection:
            sent = json.loads(text)
            message = {key: sent[key] for key in ("email", "username", "message")}
            broadcast(connections, json.dumps(message, separators=(",", ":")))
    finally:
        connections.discard(connection)


async def main(port: int) -> None:
    """
    Serve until the process is ended.
    """
    async with serve(listen, "127.0.0.1", port, compression=None, backlog=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
