// Packs the npm packages for the platform this runs on: `perkoon`, `@perkoon/mcp`, and the package with the program in it.
//
//   node npm/pack.mjs --binary target/release/perkoon --out DIR [--version X]

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { platforms } from './platforms.mjs';

const here = import.meta.dirname;
const root = path.dirname(here);
const program = process.platform === 'win32' ? 'perkoon.exe' : 'perkoon';

const { values: options } = parseArgs({
  options: { binary: { type: 'string' }, out: { type: 'string' }, version: { type: 'string', default: versionOfWorkspace() } },
});
if (!options.binary || !options.out) fail('Usage: node npm/pack.mjs --binary FILE --out FOLDER [--version X]');
const { binary, out, version } = options;

const platform = `@perkoon/cli-${process.platform}-${process.arch}`;
if (!platforms[platform]) fail(`There is no package for ${process.platform}-${process.arch}. Add it to npm/platforms.mjs.`);

const common = {
  version,
  license: 'MIT',
  type: 'module',
  engines: { node: '>=18' },
};

mkdirSync(out, { recursive: true });
const stage = mkdtempSync(path.join(tmpdir(), 'perkoon-npm-'));
try {
  pack(platform, { ...common, engines: undefined, description: `The perkoon program for ${process.platform}-${process.arch}.`, ...platforms[platform] }, (folder) => {
    mkdirSync(path.join(folder, 'bin'));
    cpSync(binary, path.join(folder, 'bin', program));
    chmodSync(path.join(folder, 'bin', program), 0o755);
    writeFileSync(path.join(folder, 'README.md'), `# ${platform}\n\nThe program behind [\`perkoon\`](https://www.npmjs.com/package/perkoon). Install that one.\n`);
  });
  pack('perkoon', {
    ...common,
    description: 'Files from one device to another, straight through the browser or this command, and past every server.',
    keywords: ['file-transfer', 'p2p', 'webrtc', 'cli', 'mcp'],
    bin: { perkoon: 'bin/perkoon.mjs' },
    exports: { './run': './bin/run.mjs', './package.json': './package.json' },
    optionalDependencies: Object.fromEntries(Object.keys(platforms).map((name) => [name, version])),
  }, (folder) => cpSync(path.join(here, 'perkoon'), folder, { recursive: true }));
  pack('@perkoon/mcp', {
    ...common,
    description: 'An MCP server with which agents send and receive files, straight from device to device.',
    keywords: ['mcp', 'mcp-server', 'file-transfer', 'p2p', 'webrtc'],
    bin: { 'perkoon-mcp': 'bin/perkoon-mcp.mjs' },
    dependencies: { perkoon: version },
  }, (folder) => cpSync(path.join(here, 'mcp'), folder, { recursive: true }));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** Fills a folder, and makes a tarball of it. */
function pack(name, description, fill) {
  const folder = path.join(stage, name.replace('/', '-'));
  mkdirSync(folder);
  fill(folder);
  const readme = path.join(folder, 'README.md');
  writeFileSync(readme, readFileSync(readme, 'utf8').replaceAll('@VERSION', `@${version}`));
  cpSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify({ name, ...description }, null, 2)}\n`);
  const npm = ['pack', '--silent', '--pack-destination', path.resolve(out)];
  // On Windows npm is a script, which only a shell starts.
  execFileSync('npm', npm, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
}

/** The version of everything that is built here. */
function versionOfWorkspace() {
  return /^version = "(.+)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
