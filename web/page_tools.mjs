// Builds the module that the page loads when it first needs it (crates/page-tools), and puts it where trunk gathers the page: trunk runs
// this after each build of its own (Trunk.toml).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const BUILD = ['build', '--package', 'perkoon-page-tools', '--target', 'wasm32-unknown-unknown', '--profile', 'wasm-release', '--locked'];

// Only cargo knows where it puts things.
const messages = execFileSync('cargo', [...BUILD, '--message-format', 'json-render-diagnostics'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 1 << 26,
});
const artifacts = messages.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const built = artifacts.flatMap(({ filenames = [] }) => filenames).find((name) => path.basename(name) === 'perkoon_page_tools.wasm');
fs.copyFileSync(built, path.join(process.env.TRUNK_STAGING_DIR, path.basename(built)));
