// The conformance suite imports `globSync` from `fs`, which Node.js 20 does not have yet, for commands that are not used here. Loaded before
// the suite (`node --import`), this gives it a module that has everything else.

import fs from 'node:fs';
import { register } from 'node:module';

const inPlaceOfFs = `data:text/javascript,${encodeURIComponent(`export * from 'node:fs'; export { default } from 'node:fs'; export const globSync = undefined;`)}`;
const hooks = `export const resolve = (name, context, next) =>
  name === 'fs' && context.parentURL?.includes('/@modelcontextprotocol/conformance/') ? { url: ${JSON.stringify(inPlaceOfFs)}, shortCircuit: true } : next(name, context);`;

if (!('globSync' in fs)) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
