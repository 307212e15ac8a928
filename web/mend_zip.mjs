// Mends what client-zip leaves out, for `cargo xtask build`: node mend_zip.mjs DIST
//
// An archive of 65,535 entries or more needs a ZIP64 end record (APPNOTE.TXT 4.4.1.4): the ordinary one has 16 bits for their number.
// client-zip writes it only for archives that are large in bytes; without it such an archive names fewer entries than it has, and programs
// that believe it leave files out.
import fs from 'node:fs';
import path from 'node:path';

const MENDS = [
  // Where it writes the archive; it counts the entries in `i`.
  ['if(a||r>=0xffffffffn)', 'if(a||i>=0xffffn||r>=0xffffffffn)'],
  // Where it says beforehand how long the archive is going to be.
  ['let n=BigInt(22),t=0n,r=0;for(const i of e){', 'let n=BigInt(22),t=0n,r=0,k=0;for(const i of e){k++;'],
  ['(r||t>=0xffffffffn)&&', '(r||k>=65535||t>=0xffffffffn)&&'],
];

const file = path.join(process.argv[2], 'client-zip/worker.js');
let script = fs.readFileSync(file, 'utf8');
for (const [before, after] of MENDS) {
  if (script.split(before).length !== 2) throw new Error(`client-zip holds "${before}" not exactly once; has its version changed?`);
  script = script.replace(before, after);
}
fs.writeFileSync(file, script);
