"""The last Python client of A2A that knows nothing but 0.3 speaks to a running server.

python a2a_0_3.py URL
"""

import asyncio
import sys
from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientJSONRPCError
from a2a.types import DataPart, Message, Part, Role, TaskQueryParams


async def ask(client, data: dict) -> dict:
    question = Message(message_id=str(uuid4()), role=Role.user, parts=[Part(root=DataPart(data=data))])
    answers = [answer async for answer in client.send_message(question)]
    assert len(answers) == 1 and isinstance(answers[0], Message), answers
    assert answers[0].role == Role.agent, answers
    return answers[0].parts[0].root.data


async def check(http: httpx.AsyncClient, url: str, path: str) -> None:
    card = await A2ACardResolver(http, url, agent_card_path=path).get_agent_card()
    assert card.protocol_version == '0.3.0' and card.url == f'{url}/a2a', card
    client = ClientFactory(ClientConfig(httpx_client=http)).create(card)
    made = await ask(client, {'skill': 'send-files', 'name': 'quarterly-report'})
    assert made['sender_url'] == f"{made['share_url']}#key={made['sender_key']}", made
    assert made['cli']['send'].startswith('perkoon send FILE --session '), made
    status = await ask(client, {'skill': 'session-status', 'session_code': made['session_code']})
    assert status['participants'] == 0, status
    try:
        await client.get_task(TaskQueryParams(id='none'))
    except A2AClientJSONRPCError as error:
        assert error.error.code == -32001, error
        return
    raise AssertionError('a task that is not there was found')


async def main(url: str) -> None:
    async with httpx.AsyncClient() as http:
        for path in ['/.well-known/agent-card.json', '/.well-known/agent.json']:
            await check(http, url, path)
    print('A2A 0.3: in order')


asyncio.run(main(sys.argv[1]))
