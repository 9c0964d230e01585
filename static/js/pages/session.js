/** One session: what it is, its figures, its timeline and its messages, live. */

import { read, write } from "../address.js";
import * as timeline from "../charts/session-timeline.js";
import { facts, session as figures } from "../figures.js";
import { clock, cost, count, day, duration, exact, moment } from "../format.js";
import { live } from "../live.js";
import { search, slowness } from "../select.js";
import { card } from "../views/chart-card.js";
import { definitions, head } from "../views/session.js";
import { table } from "../views/table.js";

const find = (id) => document.getElementById(id);
const time = (row, now) => (day(moment(row.at)) === day(now) ? clock(moment(row.at)) : `${day(moment(row.at))} ${clock(moment(row.at))}`);

const COLUMNS = [
  { id: "at", name: "Time", sort: (row) => moment(row.at), cell: (row, now) => ({ text: time(row, now), title: exact(row.at), time: row.at }) },
  { id: "role", name: "Role", sort: (row) => row.role, cell: (row) => ({ text: row.role }) },
  { id: "status", name: "Status", sort: (row) => row.status, cell: (row) => ({ text: row.status, state: row.status }) },
  { id: "wait", name: "Wait", num: true, sort: (row) => row.wait, cell: (row) => wait(row.wait) },
  { id: "tokens", name: "Tokens", num: true, sort: (row) => row.tokens,
    cell: (row) => ({ text: count(row.tokens), title: `${count(row.prompt_tokens)} prompt, ${count(row.completion_tokens)} completion` }) },
  { id: "cost", name: "Cost", num: true, sort: (row) => row.cost, cell: (row) => ({ text: cost(row.cost) }) },
  { id: "model", name: "Model", sort: (row) => row.model, cell: (row) => ({ text: row.model ?? "–" }) },
  { id: "error", name: "Error", wrap: true, sort: (row) => row.error, cell: (row) => ({ text: row.error ?? "" }) },
];

function wait(seconds) {
  const flag = slowness(seconds);
  return { text: flag ? `${duration(seconds)} ${flag}` : duration(seconds), flag: flag ?? undefined };
}

function choice() {
  const [by, way] = read("sort", "at.down").split(".");
  return COLUMNS.some((column) => column.id === by) ? { by, down: way !== "up" } : { by: "at", down: true };
}

function page() {
  const chart = card(timeline, find("chart-timeline"));
  const list = table(find("messages"), {
    columns: COLUMNS, key: (row) => row.id, caption: "Messages of this session", sort: choice(),
    sorted: ({ by, down }) => write({ sort: `${by}.${down ? "down" : "up"}` }),
  });
  const field = find("search");
  field.value = read("q", "");
  let last = null;

  function rows(state, now) {
    const found = search(state.messages, field.value);
    list.show(found, now);
    const all = state.session?.message_count ?? state.messages.length;
    const held = state.messages.length < all ? `the newest ${count(state.messages.length)} of ${count(all)}` : `${count(all)} in all`;
    find("messages-sub").textContent = field.value.trim() ? `${count(found.length)} found among ${held}` : held;
  }

  function paint(state, now) {
    last = state;
    head(find("facts"), find("empty"), state, facts(state.session ?? {}, now));
    definitions(find("figures"), state.session ? figures(state.session, now) : []);
    chart.show(state);
    rows(state, now);
  }

  field.addEventListener("input", () => {
    write({ q: field.value.trim() });
    if (last) rows(last, line.now());
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Escape") field.blur(); });
  return { paint, tick: (now) => {
    if (last?.session) {
      head(find("facts"), find("empty"), last, facts(last.session, now));
      definitions(find("figures"), figures(last.session, now));
    }
  } };
}

const topic = `session/${find("session").dataset.session}`;
const line = live({ subject: () => ({ subscribe: topic }), ...page() });
