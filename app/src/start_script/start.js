// Loads the WebAssembly and hydrates the page. It stands before the style sheet, which it would wait for otherwise, and
// leaves the line to what the first screen needs.
(async (folder, name, splitter) => {
  const ATTEMPTS = 8;
  // Behind a load balancer an instance with another build may be asked, which does not have the file.
  const load = async (file) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(`${folder}/${file}`, { priority: 'low' }).catch(() => null);
      if (answer?.ok) return answer;
      if (attempt === ATTEMPTS) throw new Error(`${file} is missing`);
      await new Promise((again) => setTimeout(again, 125 * 2 ** attempt));
    }
  };
  const wasm = load(`${name}.wasm`);
  // A browser may remember a module that failed. So the files of the module are fetched first, into its cache.
  const scripts = [`${name}.js`, splitter].map(async (file) => (await load(file)).arrayBuffer());
  await Promise.all(scripts);
  const page = await import(`${folder}/${name}.js`);
  await page.default({ module_or_path: wasm });
  if (document.readyState === 'loading') {
    await new Promise((parsed) => document.addEventListener('DOMContentLoaded', parsed));
  }
  page.hydrate();
})
