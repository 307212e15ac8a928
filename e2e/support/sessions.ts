import type { APIRequestContext } from '@playwright/test';

/** What `POST /api/v1/sessions` answers. */
export interface CreatedSession {
  readonly session_code: string;
  readonly share_url: string;
  readonly sender_url: string;
  readonly sender_key: string;
  readonly expires_at: string;
}

/** Makes a session as another program would. */
export async function createSession(request: APIRequestContext, url: string): Promise<CreatedSession> {
  const answer = await request.post(`${url}/api/v1/sessions`, { data: {} });
  if (answer.status() !== 201) throw new Error(`creating a session answered ${answer.status()}: ${await answer.text()}`);
  return (await answer.json()) as CreatedSession;
}
