// Makes the built page smaller, for `cargo xtask build`: node shrink.mjs DIST
//
// trunk and wasm-bindgen leave the names of some three hundred imports in the wasm and in its glue, and the glue's source as people
// would read it. binaryen and esbuild take all that out; what changes gets a new hash in its name, so that a browser never pairs a new
// wasm with an old glue, nor a page with a loader of another digest.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const WASM_FEATURES = ['simd', 'bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
// Flattening and further rounds take another 1 % off what the compressed page weighs. The first kilobyte of memory, the far end of the
// stack, is where null pointers point: nothing is ever read there, so that a small number can move from an addition into the load.
const SMALLER = ['--low-memory-unused', '--flatten', '--rereloop', '-Oz', '-Oz', '--converge', '--one-caller-inline-max-function-size=20'];
// What a second look finds: read anew, and with what can be known of where values come from.
// In the order of their names functions stand beside those of their kind, which takes 1 % off what is compressed.
const ONCE_MORE = ['--low-memory-unused', '--gufa-optimizing', '-Oz', '-Oz', '--tuple-optimization', '--untee', '-Oz', '--reorder-functions-by-name'];
const NAMELESS = ['--strip-debug', '--strip-producers', '--minify-imports-and-exports-and-modules'];

const dist = path.resolve(process.argv[2]);
const at = (name) => path.join(dist, name);
const read = (name) => fs.readFileSync(at(name), 'utf8');

let page = read('index.html');
const [, scriptName] = required(page.match(/<script(?=[^>]* type="?module)[^>]* src="?\/?([^\s">]+\.js)/), 'the glue in index.html');
const [, wasmName] = required(page.match(/data-wasm="?\/?([^\s">]+\.wasm)/), 'the wasm in index.html');
const [, toolsName] = required(page.match(/data-tools="?\/?([^\s">]+\.wasm)/), 'the module of tools in index.html');
const program = shrinkProgram(read(scriptName), wasmName);
replace(scriptName, program.script);
replace(wasmName, program.wasm);
replace(toolsName, shrinkModule(toolsName));
joinStyles();
const loader = minified(read('boot.js'), 'js');
fs.rmSync(at('boot.js'));
page = page.replace('boot.js', write('boot.js', loader));
fs.writeFileSync(at('index.html'), page);

function shrinkProgram(glue, wasmName) {
  const [kept, small] = [at('kept.wasm'), at('small.wasm')];
  binaryen('wasm-metadce', at(wasmName), '-g', '--graph-file', graphOf(glue), '-o', kept);
  binaryen('wasm-opt', kept, '-g', ...SMALLER, '-o', kept);
  const names = binaryen('wasm-opt', kept, ...ONCE_MORE, ...NAMELESS, '-o', small);
  const wasm = fs.readFileSync(small);
  for (const file of [kept, small, at('graph.json')]) fs.rmSync(file);
  return { script: minified(renamed(withoutOtherStart(glue), JSON.parse(names)), 'js'), wasm };
}

// The page calls what this exports by name.
function shrinkModule(name) {
  const small = at('small.wasm');
  binaryen('wasm-opt', at(name), '--strip-debug', '--strip-producers', ...SMALLER, '-o', small);
  const wasm = fs.readFileSync(small);
  fs.rmSync(small);
  return wasm;
}

// What the glue calls must stay; wasm-metadce finds out what else is then needed.
function graphOf(glue) {
  const roots = [...new Set([...glue.matchAll(/\bwasm\.(\w+)/g)].map(([, name]) => name))];
  fs.writeFileSync(at('graph.json'), JSON.stringify(roots.map((name) => ({ name: `glue ${name}`, root: true, export: name }))));
  return at('graph.json');
}

// Nothing here starts the program another way than boot.js does.
function withoutOtherStart(glue) {
  const exported = /export \{ initSync, (\w+ as default) \};/;
  required(exported.test(glue), 'what the glue exports');
  return glue.replace(exported, 'export { $1 };');
}

function renamed(glue, { imports, exports }) {
  const short = new Map(exports);
  let text = glue.replace(/\bwasm\.(\w+)/g, (whole, name) => `wasm.${required(short.get(name), `the export ${name}`)}`);
  for (const [module, name, shortName] of imports) {
    const key = new RegExp(`^(\\s+)${name}(?=: )`, 'm');
    required(key.test(text), `the import ${name}`);
    text = text.replace(key, (whole, indent) => indent + JSON.stringify(shortName)).replaceAll(JSON.stringify(module), '"a"');
  }
  return text;
}

// One sheet instead of eight: they compress better together, and it is one request.
function joinStyles() {
  const links = [...page.matchAll(/<link href=\/?(\S+?\.css) rel=stylesheet>/g)];
  const style = minified(links.map(([, name]) => read(name)).join('\n'), 'css');
  links.forEach(([link, name], index) => {
    fs.rmSync(at(name));
    page = page.replace(link, index === 0 ? `<link href=/${write('style.css', style)} rel=stylesheet>` : '');
  });
}

function replace(name, content) {
  fs.rmSync(at(name));
  const renamed = write(name.replace(/-[0-9a-f]{16}/, ''), content);
  page = page.replaceAll(name, renamed);
}

function write(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const [, stem, rest] = name.match(/^(.*?)((?:_bg)?\.\w+)$/);
  fs.writeFileSync(at(`${stem}-${hash}${rest}`), content);
  return `${stem}-${hash}${rest}`;
}

function binaryen(tool, ...options) {
  const features = WASM_FEATURES.map((feature) => `--enable-${feature}`);
  // The package's tools are node programs of its own.
  const program = path.join(import.meta.dirname, 'node_modules/binaryen/bin', tool);
  return execFileSync(process.execPath, [program, ...features, ...options], { encoding: 'utf8', maxBuffer: 1 << 26 });
}

function minified(source, loader) {
  return esbuild.transformSync(source, { loader, minify: true, treeShaking: true, legalComments: 'none' }).code;
}

function required(value, what) {
  if (!value) throw new Error(`${what} is not as shrink.mjs expects; has trunk or wasm-bindgen changed?`);
  return value;
}
