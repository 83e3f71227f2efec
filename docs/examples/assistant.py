"""What an assistant does: start the command, list its tools, call one."""

import asyncio

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextContent


async def main() -> None:
    """Ask what differential privacy does to fairness."""
    async with Client(StdioServerParameters(command="crosscurrent", args=["mcp"])) as client:
        print(*(tool.name for tool in (await client.list_tools()).tools))
        arguments = {"defense": "dp", "risk": "fairness"}
        answer = await client.call_tool("predict", arguments)
        for part in answer.content:
            if isinstance(part, TextContent):
                print(part.text)
        print(answer.structured_content["assessment"]["grade"])


asyncio.run(main())
