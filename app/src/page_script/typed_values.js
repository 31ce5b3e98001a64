  // What the applicant typed, by the ids of the inputs, and where the focus was.
  const isChecked = (input) => input.type === 'radio' || input.type === 'checkbox';

  const typedValues = () => {
    const values = {};
    for (const input of document.querySelectorAll('main input[id]:not([type=file]), main select[id]')) {
      values[input.id] = isChecked(input) ? input.checked : input.value;
    }
    return { values, focus: document.activeElement?.id ?? '' };
  };

  const restoreTyped = ({ values, focus }) => {
    const fill = () => {
      for (const [id, value] of Object.entries(values)) {
        const input = document.getElementById(id);
        if (!input) continue;
        delete values[id];
        if (isChecked(input)) input.checked = value;
        else input.value = value;
        const event = isChecked(input) || input.tagName === 'SELECT' ? 'change' : 'input';
        if (value) input.dispatchEvent(new Event(event, { bubbles: true }));
      }
      const focused = focus && document.getElementById(focus);
      if (focused) {
        focus = '';
        focused.focus({ preventScroll: true });
      }
    };
    fill();
    // Some inputs appear with an answer, such as the text for "Something else".
    const observer = new MutationObserver(() => {
      fill();
      if (!focus && !Object.keys(values).length) observer.disconnect();
    });
    observer.observe(document.body, { childList: true, subtree: true });
  };
