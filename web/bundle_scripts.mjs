// Makes the ready-to-run scripts, one file each, for `cargo xtask build`: node bundle_scripts.mjs DIST
import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const SCRIPTS = {
  send: { does: 'Sends files: prints a link, and stays until whoever opens it has them all.', run: 'node send.mjs /path/to/file.zip' },
  receive: { does: 'Receives files: accepts what the sender offers, and saves it.', run: 'node receive.mjs SESSION_CODE ./output' },
};
// A server that hands a script out puts its own address in this one's place.
const PLACEHOLDER = 'https://HOST';

for (const [name, { does, run }] of Object.entries(SCRIPTS)) {
  const header = ['Perkoon, in a browser driven by Playwright. ' + does, '', '  npm install playwright && npx playwright install chromium', `  ${run}`];
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [path.join(import.meta.dirname, 'scripts', `${name}.mjs`)],
    banner: { js: header.map((line) => `// ${line}`.trimEnd()).join('\n') },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
  });
  const [{ text }] = outputFiles;
  if (text.split(PLACEHOLDER).length !== 2) throw new Error(`${name}.mjs must hold ${PLACEHOLDER} exactly once`);
  fs.writeFileSync(path.join(process.argv[2], `perkoon_${name}.mjs`), text);
}
