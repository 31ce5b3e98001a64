// What browser extensions and translators do to a page. The functions run in the page.

/** Puts an element first into the body, as extensions do. */
export function prependElement(): void {
  const bar = document.createElement('div');
  bar.textContent = 'A bar of an extension';
  document.body.prepend(bar);
}

/** Wraps the text fields in elements of its own, as password managers do. */
export function wrapInputs(): void {
  for (const input of document.querySelectorAll('main input')) {
    const box = document.createElement('span');
    input.replaceWith(box);
    box.append(input);
  }
}

/**
 * Replaces every text node by two nested `font` elements with the text, as the translator of Chromium does, and every
 * text node that is added later. The words stay the same, so that a test can name them.
 */
export function translate(): void {
  const isText = (node: Node): node is Text => node.nodeType === Node.TEXT_NODE;
  // Not as a literal, because the element is deprecated.
  const element = (): HTMLElement => document.createElement('FONT'.toLowerCase());
  const replace = (text: Text): void => {
    if (text.data.trim() === '' || text.parentElement?.closest('font, script, style, svg') !== null) {
      return;
    }
    const [outer, inner] = [element(), element()];
    inner.textContent = text.data;
    outer.append(inner);
    text.replaceWith(outer);
  };
  const replaceBelow = (node: Node): void => {
    if (isText(node)) {
      replace(node);
      return;
    }
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) {
      texts.push(walker.currentNode as Text);
    }
    texts.forEach(replace);
  };
  replaceBelow(document.body);
  new MutationObserver((records) => {
    records.flatMap((record) => [...record.addedNodes]).filter((node) => node.isConnected).forEach(replaceBelow);
  }).observe(document.body, { childList: true, subtree: true });
}

/** As {@link translate}, but the text nodes move into the `font` elements, and nothing is done later. */
export function wrapTexts(): void {
  const element = (): HTMLElement => document.createElement('FONT'.toLowerCase());
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    texts.push(walker.currentNode as Text);
  }
  for (const text of texts.filter((text) => text.parentElement?.closest('script, style, svg') === null)) {
    const [outer, inner] = [element(), element()];
    text.replaceWith(outer);
    inner.append(text);
    outer.append(inner);
  }
}
