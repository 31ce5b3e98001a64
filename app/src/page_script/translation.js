  // A translator replaces text nodes by elements with their translation, and the page goes on changing the nodes that
  // it knows. So a replaced node is watched: when the page changes it, it returns to its place, where the translator
  // finds it again. `standIns` has what stands in the place of a node that was replaced, which may be replaced in turn.
  const standIns = new WeakMap();
  const standing = new WeakSet();

  const placeOf = (node) => {
    let place = standIns.get(node);
    for (let steps = 0; place && !place.isConnected && steps < 9; steps += 1) place = standIns.get(place);
    return place?.isConnected ? place : null;
  };

  const watcher = new MutationObserver((records) => {
    for (const { target } of records) {
      if (!target.isConnected) placeOf(target)?.replaceWith(target);
    }
  });

  new MutationObserver((records) => {
    const added = new Set(records.flatMap((record) => [...record.addedNodes]));
    for (const node of added) standIns.delete(node);
    for (const record of records) {
      for (const node of record.removedNodes) {
        const isText = node.nodeType === Node.TEXT_NODE;
        if (node.isConnected || !(isText || standing.has(node))) continue;
        const beside = [...record.addedNodes, record.previousSibling, record.nextSibling];
        const standIn = beside.find((other) => other?.isConnected && added.has(other));
        if (!standIn) continue;
        standIns.set(node, standIn);
        standing.add(standIn);
        if (isText) watcher.observe(node, { characterData: true });
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
