  // The banner that offers a reload, and what a reload must not lose.
  const LATE_AFTER_MS = 5000;
  const KEPT = 'onboard-ai.typed';
  const RENDER = 'onboard-ai.render';
  const root = document.documentElement;
  const banner = document.getElementById('reload-banner');

  const remember = (name, value) => {
    try {
      sessionStorage.setItem(name, JSON.stringify(value));
    } catch {
      // A browser may refuse storage. The drafts of the forms are then lost, too.
    }
  };

  const recall = (name) => {
    try {
      const value = JSON.parse(sessionStorage.getItem(name));
      sessionStorage.removeItem(name);
      return value;
    } catch {
      return null;
    }
  };

  const reload = () => {
    remember(KEPT, typedValues());
    // Whatever stopped the page may be there again, so the next page is not hydrated.
    if (root.hasAttribute('data-failed')) remember(RENDER, true);
    location.reload();
  };

  let shown = '';
  const show = (name) => {
    if (name === shown) return;
    shown = name;
    banner.replaceChildren(document.getElementById(name).content.cloneNode(true));
    banner.querySelector('button').addEventListener('click', reload);
  };

  const follow = () => {
    if (root.hasAttribute('data-failed')) {
      show('reload-failed');
    } else if (root.hasAttribute('data-newer-version')) {
      show('reload-newer');
    } else if (root.hasAttribute('data-hydrated')) {
      shown = '';
      banner.replaceChildren();
    }
  };
  const observer = new MutationObserver(follow);
  observer.observe(root, { attributeFilter: ['data-failed', 'data-hydrated', 'data-newer-version'] });
  setTimeout(() => {
    const known = ['data-failed', 'data-hydrated', 'data-newer-version'].some((name) => root.hasAttribute(name));
    if (!known && document.querySelector('main :disabled')) show('reload-late');
  }, LATE_AFTER_MS);
  const kept = recall(KEPT);
  // An older version of the page kept the values alone.
  if (kept?.values) restoreTyped(kept);
