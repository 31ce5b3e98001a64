(() => {
  const LATE_AFTER_MS = 5000;
  const KEPT = 'onboard-ai.typed';
  const root = document.documentElement;
  const banner = document.getElementById('reload-banner');
  const isCheckable = (input) => input.type === 'radio' || input.type === 'checkbox';

  const reload = () => {
    const kept = {};
    for (const input of document.querySelectorAll('main input[id]:not([type=file]), main select[id]')) {
      kept[input.id] = isCheckable(input) ? input.checked : input.value;
    }
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // A browser may refuse storage. The drafts of the forms are then lost, too.
    }
    location.reload();
  };

  const restore = () => {
    let kept = {};
    try {
      kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
      sessionStorage.removeItem(KEPT);
    } catch {
      return;
    }
    const fill = () => {
      for (const [id, value] of Object.entries(kept)) {
        const input = document.getElementById(id);
        if (!input) continue;
        delete kept[id];
        if (isCheckable(input)) input.checked = value;
        else input.value = value;
        if (value) input.dispatchEvent(new Event(isCheckable(input) ? 'change' : 'input', { bubbles: true }));
      }
    };
    fill();
    // Some inputs appear with an answer, such as the text for "Something else".
    if (Object.keys(kept).length) new MutationObserver(fill).observe(document.body, { childList: true, subtree: true });
  };

  const show = (name) => {
    banner.replaceChildren(document.getElementById(name).content.cloneNode(true));
    banner.querySelector('button').addEventListener('click', reload);
  };

  const follow = () => {
    if (root.hasAttribute('data-newer-version')) {
      observer.disconnect();
      show('reload-newer');
    } else if (root.hasAttribute('data-hydrated')) {
      banner.replaceChildren();
    }
  };
  const observer = new MutationObserver(follow);
  observer.observe(root, { attributeFilter: ['data-hydrated', 'data-newer-version'] });
  setTimeout(() => {
    const alive = root.hasAttribute('data-hydrated') || root.hasAttribute('data-newer-version');
    if (!alive && document.querySelector('main :disabled')) show('reload-late');
  }, LATE_AFTER_MS);
  restore();
})();
