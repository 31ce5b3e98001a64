// Prints what Playwright's JSON report says: the numbers of tests that passed and failed, then the seconds and the name
// of each test, a line each, separated by a tab.
import { readFileSync } from 'node:fs';

const { stats, errors, suites } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// A test that passes only when tried again has failed.
console.log(`${stats.expected} ${stats.unexpected + stats.flaky + errors.length}`);

function print({ title, specs = [], suites: inner = [] }) {
  for (const spec of specs) {
    const results = spec.tests.flatMap((test) => test.results);
    const milliseconds = results.reduce((sum, { duration }) => sum + duration, 0);
    console.log(`${(milliseconds / 1000).toFixed(3)}\t${title}: ${spec.title}`);
  }
  inner.forEach(print);
}
suites.forEach(print);
