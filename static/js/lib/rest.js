/** Requests to REST with the log-in of the page. */

/** @typedef {{ ok: boolean, words: string, body: any }} Said the result; `words` say what is wrong, empty if nothing */

/**
 * Sends a request. A refusal, and a server that does not answer, are words.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {unknown} [body]
 * @returns {Promise<Said>}
 */
export async function rest(method, path, body) {
  try {
    const headers = { "X-CSRFToken": token(), "Content-Type": "application/json" };
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(`/api/v1${path}`, { method, body: sent, headers });
    const text = await answer.text();
    const said = text ? JSON.parse(text) : null;
    const words = answer.ok ? "" : String(said?.title ?? `The server answered ${answer.status}.`);
    return { ok: answer.ok, words, body: said };
  } catch {
    return { ok: false, words: "The server did not answer. Try again.", body: null };
  }
}

const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.getAttribute("value") ?? "";
