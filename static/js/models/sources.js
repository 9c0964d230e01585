/** The cards of the sources: a state in a word, a figure, its age, an error, and how to connect the source. */

import { age, ago, clock, count, day, duration, epoch, exact, moment, percent, UNKNOWN } from "../lib/format.js";
import { curl } from "./figures.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Follower, Seen } from "../lib/frames.js"
 */

/** Seconds without anything new after which a source is called quiet. */
const QUIET = 300;
const RETRY = "It tries again by itself, at least every 30 s, and goes on from where it stopped.";
/** @type {Record<string, [string, string]>} */
const PHASES = {
  starting: ["starting", "off"],
  connecting: ["connecting", "off"],
  history: ["reading history", "busy"],
  changes: ["following", "good"],
  polling: ["polling", "good"],
  waiting: ["waiting", "bad"],
};
/** @type {[RegExp, string][]} */
const ADVICE = [
  [
    /auth|not allowed|unauthori[sz]ed|credential/i,
    "Check the user and the password in CHAT_MONGODB_URL, and that this user may read the database.",
  ],
  [/ssl|tls|certificate/i, "Check the certificate, and the tls options in CHAT_MONGODB_URL."],
  [
    /serverselection|refused|reset|timed? ?out|autoreconnect|network|name or service|resolution|unreachable/i,
    "Check that MongoDB runs, and that this machine reaches the address in CHAT_MONGODB_URL.",
  ],
  [/configuration|invaliduri/i, "Check the address in CHAT_MONGODB_URL."],
];
const SPANS = [
  ["call", "Model calls"],
  ["operation", "Other operations"],
  ["session", "Session marks"],
  ["not genai", "Not GenAI"],
];
/** @type {Record<string, string>} */
const SPOKEN = {
  "gen_ai to 1.36": "gen_ai, to 1.36",
  "gen_ai 1.37-1.41": "gen_ai, 1.37 to 1.41",
  openinference: "OpenInference",
  openlit: "OpenLIT",
  openllmetry: "OpenLLMetry",
  langfuse: "Langfuse",
};

/**
 * The card of a source: its state in a word, its figure, its age, its error, and how to connect it.
 * @typedef {object} Card
 * @property {string} id
 * @property {string} word
 * @property {string} well the kind of its state
 * @property {string} title
 * @property {string | null} value
 * @property {string} unit
 * @property {string | null} at
 * @property {string} never in place of the age where there is none
 * @property {{ share: number | null, words: string } | null} bar
 * @property {{ words: string, advice: string, well: string } | null} trouble
 * @property {string} note
 * @property {Fact[]} facts
 * @property {{ title: string, rows: { name: string, words: string, age: string, title: string }[] } | null} names
 * @property {{ words: string, lines: string } | null} onboarding
 */

/** @type {Omit<Card, "id">} */
const blank = {
  ...{ word: "", well: "off", title: "", value: null, unit: "", at: null, never: "", bar: null },
  ...{ trouble: null, note: "", facts: [], names: null, onboarding: null },
};

/** @typedef {{ name: string, words: string, title: string, bad: boolean, href: string }} Fact a line of a card */

/**
 * The cards in their order. `origin` is this page's own address.
 * @param {State} state
 * @param {number} now
 * @param {string} origin
 * @returns {Card[]}
 */
export function cards(state, now, origin) {
  const { mongodb: follower, seen } = state.sources ?? {};
  return [
    { ...blank, id: "mongodb", ...mongodb(follower, now) },
    { ...blank, id: "otlp", ...otlp(seen, now, origin) },
    { ...blank, id: "loki", ...loki(seen, now, origin) },
    { ...blank, id: "http", ...http(state, now, origin) },
    { ...blank, id: "files", ...files() },
  ];
}

/**
 * The rows of one source and one kind, the most frequent first.
 * @param {Seen[] | undefined} seen
 * @param {string} source
 * @param {string} kind
 */
export function rows(seen, source, kind) {
  return (seen ?? [])
    .filter((row) => row.source === source && row.kind === kind)
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/**
 * 14:02:11, with the date where it is not today.
 * @param {number} ms
 * @param {number} now
 */
const stamp = (ms, now) => (day(ms) === day(now) ? clock(ms) : `${day(ms)} ${clock(ms)}`);
/** @param {Seen[]} list */
const total = (list) => list.reduce((sum, row) => sum + row.count, 0);
/** @param {Seen[]} list */
function latest(list) {
  /** @type {string | null} */
  let found = null;
  for (const row of list) if ((moment(row.last) ?? -1) > (moment(found) ?? -1)) found = row.last;
  return found;
}

/**
 * @param {string} name
 * @param {string} words
 * @param {Partial<Fact>} [more]
 */
const fact = (name, words, more = {}) => ({ name, words, title: "", bad: false, href: "", ...more });
const unheard = () => ({ word: "unknown", value: UNKNOWN });

/**
 * The state of a source by its newest event: receiving or quiet.
 * @param {string | null} at
 * @param {number} now
 */
function pulse(at, now) {
  const last = moment(at);
  const old = last === null || (now - last) / 1000 > QUIET;
  return old ? { word: "quiet", well: "off" } : { word: "receiving", well: "good" };
}

/**
 * @param {Follower | null | undefined} follower
 * @param {number} now
 */
function mongodb(follower, now) {
  if (follower === undefined) return { ...unheard(), unit: "changes" };
  if (follower === null) return disconnected();
  const [word, well] = PHASES[follower.phase] ?? [follower.phase, "off"];
  const past = follower.phase === "history" ? history(follower, now) : {};
  return {
    word,
    well,
    title: follower.since ? `since ${exact(follower.since)}` : "",
    value: follower.phase === "connecting" ? UNKNOWN : count(follower.changes),
    unit: "changes",
    at: follower.last_change ?? null,
    never: "no change yet",
    facts: facts(follower, now),
    note: note(follower),
    ...past,
    ...trouble(follower, now),
  };
}

function disconnected() {
  return {
    word: "not connected",
    onboarding: {
      words:
        "To follow the chat application's database, put these two lines into .env beside manage.py and " +
        "start sbdash again. The user needs to read only.",
      lines: "CHAT_MONGODB_URL=mongodb://USER:PASSWORD@HOST:27017/\nCHAT_MONGODB_DATABASE=NAME",
    },
  };
}

/**
 * @param {Follower} follower
 * @param {number} now
 */
function history(follower, now) {
  const { read = 0, total: all = 0 } = follower;
  const share = all > 0 ? Math.min(1, read / all) : null;
  const passed = moment(follower.since) === null ? 0 : now / 1000 - epoch(follower.since);
  const left =
    share !== null && share > 0.01 && share < 1 && passed > 5
      ? `, about ${age((passed * (1 - share)) / share)} left`
      : "";
  const words =
    share === null
      ? `${count(read)} documents read`
      : `${count(Math.min(read, all))} of about ${count(all)} documents${left}`;
  return {
    value: share === null ? count(read) : percent(share),
    unit: share === null ? "documents" : "%",
    bar: { share, words },
    at: null,
    never: "",
  };
}

/**
 * @param {Follower} follower
 * @param {number} now
 */
function facts(follower, now) {
  if (follower.phase === "starting") return [];
  const follows = follower.alive && (follower.phase === "changes" || follower.phase === "polling");
  const past =
    follower.phase === "history"
      ? []
      : [fact("History", follower.total ? `${count(follower.read)} documents` : follows ? "read before" : UNKNOWN)];
  return [
    ...past,
    fact("Lag", follows ? duration(follower.lag_seconds) : UNKNOWN),
    fact("Refused documents", count(follower.refused), {
      bad: Boolean(follower.refused),
      href: follower.refused ? "#not-understood" : "",
    }),
    fact("Last heard of", ago(follower.seen, now), { title: exact(follower.seen) }),
  ];
}

/** @param {Follower} follower */
function note(follower) {
  if (follower.phase !== "polling") return "";
  return "This MongoDB has no change streams (it is no replica set): sbdash asks it each second for what changed.";
}

/**
 * @param {Follower} follower
 * @param {number} now
 */
function trouble(follower, now) {
  if (!follower.alive && !follower.seen)
    return {
      trouble: {
        words: "The follower has not reported yet.",
        advice: "If this lasts, the server's log says why.",
        well: "off",
      },
    };
  if (!follower.alive) {
    return {
      word: "not running",
      well: "critical",
      trouble: {
        words: `No report from the follower for ${age(now / 1000 - epoch(follower.seen))}.`,
        well: "critical",
        advice:
          "The server's log says why it ended. By hand: python manage.py follow_mongodb. " +
          "It goes on from where it stopped.",
      },
    };
  }
  const { error } = follower;
  if (!error) return {};
  const advice = ADVICE.find(([sign]) => sign.test(error))?.[1] ?? "The log of the server says more.";
  const since = moment(follower.since);
  const begun = follower.phase === "waiting" && since !== null ? `Waiting since ${stamp(since, now)}. ` : "";
  return {
    trouble: {
      words: `${begun}${error.replace(/ \(configured timeouts:.*/, "")}`,
      advice: `${advice} ${RETRY}`,
      well: "bad",
    },
  };
}

/**
 * @param {Seen[] | undefined} seen
 * @param {number} now
 * @param {string} origin
 */
function otlp(seen, now, origin) {
  if (seen === undefined) return { ...unheard(), unit: "spans" };
  const mine = seen.filter((row) => row.source === "otlp");
  if (!mine.length) {
    return {
      word: "nothing yet",
      onboarding: {
        words:
          "For the application whose model calls are traced, or its collector. " +
          "YOUR_KEY is a key with the scope ingest.",
        lines: [
          `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${origin}/v1/traces`,
          'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20YOUR_KEY"',
          "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf",
        ].join("\n"),
      },
    };
  }
  const spans = rows(seen, "otlp", "span");
  /** @param {string} name */
  const of = (name) => spans.find((row) => row.name === name)?.count ?? 0;
  const at = latest(mine);
  return {
    ...pulse(at, now),
    value: spans.length ? count(total(spans)) : UNKNOWN,
    unit: "spans",
    at,
    facts: [
      ...SPANS.filter(([name]) => name !== "session" || of(name)).map(([name, words]) =>
        fact(words, spans.length ? count(of(name)) : UNKNOWN),
      ),
      strange(seen),
    ],
    names: named("Dialects", rows(seen, "otlp", "dialect"), now, 8),
    note:
      of("not genai") && !of("call") && !of("operation")
        ? "No span was a model's work yet: is the instrumentation of the model's client switched on?"
        : "",
  };
}

/** @param {Seen[]} seen */
function strange(seen) {
  const found = rows(seen, "otlp", "attribute").length;
  return fact("Attributes not understood", count(found), { href: found ? "#not-understood" : "" });
}

/**
 * @param {Seen[] | undefined} seen
 * @param {number} now
 * @param {string} origin
 */
function loki(seen, now, origin) {
  if (seen === undefined) return { ...unheard(), unit: "lines" };
  const mine = seen.filter((row) => row.source === "loki");
  if (!mine.length) {
    return {
      word: "nothing yet",
      onboarding: {
        words: "For the chat application, in place of Loki's own address. YOUR_KEY is a key with the scope ingest.",
        lines: `LOKI_URL=${origin}/k/YOUR_KEY/loki/api/v1/push`,
      },
    };
  }
  const [kept, dropped, refused] = ["event", "line", "refused"].map((kind) => rows(seen, "loki", kind));
  const at = latest(mine);
  return {
    ...pulse(at, now),
    value: count(total(mine)),
    unit: kept.length ? "lines" : "lines not kept",
    at,
    facts: [
      fact("Security events kept", kept.length ? count(total(kept)) : UNKNOWN),
      fact("Other lines, dropped", count(total(dropped))),
      fact("Refused", count(total(refused)), {
        bad: refused.length > 0,
        href: refused.length ? "#not-understood" : "",
      }),
    ],
    names: named("Dropped lines", dropped, now, 4),
  };
}

/**
 * The most frequent names, the rest together in one row.
 * @param {string} title
 * @param {Seen[]} list
 * @param {number} now
 * @param {number} most
 */
function named(title, list, now, most) {
  if (!list.length) return null;
  const shown = list.length > most ? list.slice(0, most - 1) : list;
  const rest = list.slice(shown.length);
  /**
   * @param {string} name
   * @param {Seen[]} some
   */
  const row = (name, some) => ({
    name,
    words: count(total(some)),
    age: ago(latest(some), now),
    title: exact(latest(some)),
  });
  return {
    title,
    rows: [
      ...shown.map((one) => row(SPOKEN[one.name] ?? one.name, [one])),
      ...(rest.length ? [row(`${rest.length} others`, rest)] : []),
    ],
  };
}

const COUNTED = ["accepted_events", "duplicate_events", "rejected_events", "dropped_fields", "refused_requests"];

/**
 * The card of HTTP, from the counters of one server process. A counter that is missing is zero.
 * @param {State} options
 * @param {number} now
 * @param {string} origin
 */
function http({ ingest, newest }, now, origin) {
  if (!ingest) return { ...unheard(), unit: "events" };
  const last = ingest.newest ? String(ingest.newest) : null;
  /** @param {string} name */
  const n = (name) => Number(ingest[name] ?? 0);
  if (!newest && !COUNTED.some((name) => n(name) > 0)) {
    return {
      word: "nothing yet",
      onboarding: {
        words: "One message event, from a terminal. YOUR_KEY is a key with the scope ingest.",
        lines: curl(origin, ""),
      },
    };
  }
  return {
    ...(last ? pulse(last, now) : { word: "open", well: "good" }),
    value: count(n("accepted_events")),
    unit: "events",
    at: last,
    never: "newest –",
    facts: [
      fact("Duplicates", count(n("duplicate_events"))),
      fact("Rejected events", count(n("rejected_events")), { bad: n("rejected_events") > 0 }),
      fact("Refused requests", count(n("refused_requests")), { bad: n("refused_requests") > 0 }),
      fact("Dropped fields", count(n("dropped_fields"))),
      fact("Waiting to be written", count(n("waiting_events"))),
    ],
  };
}

function files() {
  return {
    onboarding: {
      words:
        "Formats: jsonl, csv, azure-llm, otel-jsonl; packed (.gz) too. " +
        "An import that was interrupted is run again: what is there already is skipped.",
      lines: "python manage.py import_events FILE --format jsonl",
    },
  };
}
