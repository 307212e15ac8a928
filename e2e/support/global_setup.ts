import { mkdir, rm } from 'node:fs/promises';
import { outputDirectory } from './files';
import { Server } from './server';

/** One server for the whole run; specs that stop or configure theirs start their own. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  await rm(outputDirectory('files'), { recursive: true, force: true });
  await mkdir(outputDirectory('screenshots'), { recursive: true });
  const server = await Server.start();
  process.env.PERKOON_URL = server.url;
  return async () => {
    await server.stop();
    await rm(outputDirectory('files'), { recursive: true, force: true });
  };
}
