/** The head of a session's page: its state in a word, its figures as a definition list, and what to say when there is nothing. */

const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/** Fills the list; nodes are kept, so that nothing flickers and a selection stays. */
export function definitions(host, entries) {
  while (host.children.length > entries.length) host.lastElementChild.remove();
  entries.forEach((entry, i) => {
    const box = host.children[i] ?? host.appendChild(blank());
    const [name, words] = box.children;
    box.className = [entry.lesser && "lesser", entry.wide && "wide"].filter(Boolean).join(" ");
    if (name.textContent !== entry.name) { name.textContent = entry.name; name.title = entry.name; }
    if (words.textContent !== entry.words) words.textContent = entry.words;
    words.className = entry.bad ? "flag" : "";
    words.dataset.flag = entry.bad ? "bad" : "";
    words.title = entry.title ?? entry.words;
  });
}

function blank() {
  const box = element("div");
  box.append(element("dt"), element("dd"));
  return box;
}

/** The line under the title, and the panel for a session without messages or without a row. */
export function head(line, panel, state, facts) {
  const { session } = state;
  const nodes = facts.map(({ words, title = "" }) => element("span", { textContent: words, title }));
  if (session) {
    const word = element("span", { className: "state-word", textContent: session.state });
    word.dataset.state = session.state;
    nodes.unshift(word);
  }
  if (line.textContent !== nodes.map((node) => node.textContent).join("")) line.replaceChildren(...nodes);
  const words = says(session, state.messages.length);
  panel.hidden = !words;
  for (const part of document.querySelectorAll("#figures, .session .charts, .session .list")) part.hidden = Boolean(words);
  if (words && panel.dataset.says !== words[0]) {
    panel.dataset.says = words[0];
    panel.replaceChildren(element("h2", { textContent: words[0] }), element("p", { textContent: words[1] }));
  }
}

function says(session, messages) {
  if (!session) return ["Nothing is known of this session yet", "Its figures will be here as soon as its first event arrives, without a reload."];
  if (messages || session.message_count) return null;
  if (session.state === "ended") return ["It ended without a message", "Nobody wrote in this session before it was closed."];
  return ["No messages yet", "It was opened, and nobody has written. The first message will show here by itself."];
}
