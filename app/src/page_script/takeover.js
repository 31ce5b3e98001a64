  // The nodes that the server sent, which hydration walks through: everything before the banner. An extension or a
  // translator may change them before the WebAssembly takes over.
  const nodesOfPage = () => {
    const nodes = [];
    const walker = document.createTreeWalker(document.body);
    while (walker.nextNode() && walker.currentNode !== banner) nodes.push(walker.currentNode);
    return nodes;
  };
  const sent = nodesOfPage();
  const topmost = sent.filter((node) => node.parentNode === document.body);
  const mustRender = recall(RENDER) === true;

  // Whether the page can be hydrated. If not, its content is removed, for the WebAssembly to render it anew, and what
  // the applicant typed returns to the new inputs.
  window.onboardTakeOver = () => {
    const now = nodesOfPage();
    const unchanged = now.length === sent.length && now.every((node, at) => node === sent[at]);
    sent.length = 0;
    if (unchanged && !mustRender) return true;
    const typed = typedValues();
    for (const node of topmost) node.remove();
    restoreTyped(typed);
    return false;
  };
