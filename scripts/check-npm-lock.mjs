// Fails unless end2end/package-lock.json locks what end2end/package.json asks for, each package by version and hash.
import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(`end2end/${name}`, 'utf8'));
const wanted = read('package.json').devDependencies;
const { '': root, ...packages } = read('package-lock.json').packages;
const problems = [];

for (const name of new Set([...Object.keys(wanted), ...Object.keys(root.devDependencies)])) {
  if (wanted[name] !== root.devDependencies[name]) {
    problems.push(`${name}: package.json asks for ${wanted[name]}, the lock file for ${root.devDependencies[name]}`);
  }
  if (!(`node_modules/${name}` in packages)) {
    problems.push(`${name} is not in the lock file`);
  }
}
for (const [path, { version, integrity }] of Object.entries(packages)) {
  if (!version || !integrity) {
    problems.push(`${path} has no version or no hash in the lock file`);
  }
}
for (const problem of problems) {
  console.error(`end2end: ${problem}`);
}
process.exit(problems.length === 0 ? 0 : 1);
