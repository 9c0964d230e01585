/** Requests to REST with the log-in of the page. */

/**
 * The result: `words` say what is wrong, empty if nothing; `status` is 0 where the server did not answer.
 * @typedef {{ ok: boolean, status: number, words: string, body: any }} Said
 */

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
    return { ok: answer.ok, status: answer.status, words, body: said };
  } catch {
    return { ok: false, status: 0, words: "The server did not answer. Try again.", body: null };
  }
}

const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.getAttribute("value") ?? "";
