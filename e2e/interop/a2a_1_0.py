"""The official Python client of A2A speaks 1.0 to a running server, and 0.3 through its own compatibility layer.

python a2a_1_0.py URL
"""

import asyncio
import sys
from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import GetTaskRequest, Message, Part, Role, SendMessageRequest
from a2a.utils.errors import TaskNotFoundError
from google.protobuf import json_format, struct_pb2


def message(data: dict) -> SendMessageRequest:
    value = json_format.ParseDict(data, struct_pb2.Value())
    part = Part(data=value, media_type='application/json')
    return SendMessageRequest(message=Message(message_id=str(uuid4()), role=Role.ROLE_USER, parts=[part]))


async def ask(client, data: dict) -> dict:
    answers = [answer async for answer in client.send_message(message(data))]
    assert len(answers) == 1 and answers[0].HasField('message'), answers
    answer = answers[0].message
    assert answer.role == Role.ROLE_AGENT, answer
    return json_format.MessageToDict(answer.parts[0].data)


async def check(client) -> None:
    described = await ask(client, {'skill': 'describe'})
    assert [skill['id'] for skill in described['skills']] == ['describe', 'send-files', 'receive-files', 'session-status'], described
    made = await ask(client, {'skill': 'send-files', 'ttl_s': 600, 'clientCapabilities': {'shellAccess': True}})
    assert made['recommended'] == 'cli', made
    assert made['sender_url'] == f"{made['share_url']}#key={made['sender_key']}", made
    status = await ask(client, {'skill': 'session-status', 'session_code': made['session_code']})
    assert status['status'] == 'waiting', status
    received = await ask(client, {'skill': 'receive-files', 'session_code': made['session_code']})
    assert received['receiver_url'] == made['receiver_url'], received
    try:
        await client.get_task(GetTaskRequest(id='none'))
    except TaskNotFoundError:
        return
    raise AssertionError('a task that is not there was found')


async def main(url: str) -> None:
    async with httpx.AsyncClient() as http:
        card = await A2ACardResolver(http, url).get_agent_card()
        versions = [interface.protocol_version for interface in card.supported_interfaces]
        assert versions == ['1.0', '0.3'], versions
        await check(ClientFactory(ClientConfig(httpx_client=http)).create(card))
    async with httpx.AsyncClient() as http:
        del card.supported_interfaces[0]
        await check(ClientFactory(ClientConfig(httpx_client=http)).create(card))
    print('A2A 1.0 and 0.3: in order')


asyncio.run(main(sys.argv[1]))
