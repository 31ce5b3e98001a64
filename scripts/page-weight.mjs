// Compares the sizes of a site with app/page-budget.toml: page-weight.mjs SITE PAGE
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const [site, page] = process.argv.slice(2);
const folder = join(site, 'pkg');

/** The budget: `{ table: { name: bytes } }`. The file has tables of numbers only. */
const budget = {};
let table;
for (const line of readFileSync('app/page-budget.toml', 'utf8').split('\n')) {
  const heading = /^\[(\w+)\]$/.exec(line)?.[1];
  const [, name, value] = /^(\w+) = ([\d_]+)$/.exec(line) ?? [];
  if (heading) table = budget[heading] = {};
  else if (name) table[name] = Number(value.replaceAll('_', ''));
}

const compressed = (path, quality) =>
  brotliCompressSync(readFileSync(path), { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length;
// Files of the build are compressed once, as well as possible; pages for each request, as fast as possible.
const file = (name) => compressed(join(folder, name), 11);
const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);

const names = readdirSync(folder).filter((name) => /\.(wasm|js|css)$/.test(name));
const splits = JSON.parse(readFileSync(join(folder, '__wasm_split_manifest.json'), 'utf8'));
const inParts = new Set(Object.values(splits).flat().map((name) => `${name}.wasm`));
const code = names.filter((name) => !name.endsWith('.css') && !inParts.has(name));
const styles = names.filter((name) => name.endsWith('.css'));

const measured = {
  first_visit: {
    wasm_and_javascript: sum(code.map(file)),
    everything: sum([...code, ...styles].map(file)) + compressed(page, 1),
  },
  parts: Object.fromEntries(
    Object.entries(splits).map(([part, files]) => [part, sum(files.map((name) => file(`${name}.wasm`)))]),
  ),
};

for (const name of names.sort()) {
  console.log(`${String(file(name)).padStart(8)}  ${name}`);
}
let failures = 0;
for (const kind of new Set([...Object.keys(budget), ...Object.keys(measured)])) {
  for (const name of new Set([...Object.keys(budget[kind] ?? {}), ...Object.keys(measured[kind] ?? {})])) {
    const [is, may] = [measured[kind]?.[name], budget[kind]?.[name]];
    const verdict = is === undefined || may === undefined ? 'MISSING' : is > may ? 'TOO LARGE' : 'ok';
    console.log(`${kind}.${name}: ${is} of ${may} bytes, ${verdict}`);
    failures += verdict === 'ok' ? 0 : 1;
  }
}
process.exit(failures === 0 ? 0 : 1);
