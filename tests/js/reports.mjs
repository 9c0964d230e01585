/** Reports as the server makes them, for tests. Their figures follow a rule and are not random. */

const HOUR = 3600;
const DAY = 86400;
export const NOW = Date.UTC(2026, 10, 25, 14, 40) / 1000;
const MODELS = {
  "llama3.2:latest": [0.5, null],
  "qwen2.5:7b": [0.3, null],
  "gpt-4o": [0.15, 0.00001],
  "a-model-with-a-very-long-name-that-has-to-wrap-somewhere:70b-instruct-q4_K_M": [0.05, null],
};

const wave = (i, by) => (Math.sin(i * 12.9898 + by * 78.233) + 1) / 2;
const iso = (seconds) => new Date(seconds * 1000).toISOString();
const busy = (t) => {
  const [hour, weekday] = [(t / HOUR) % 24, (Math.floor(t / DAY) + 4) % 7];
  const shape = Math.exp(-((hour - 10.5) ** 2) / 14) + 0.6 * Math.exp(-((hour - 20) ** 2) / 8);
  return shape * (weekday === 0 || weekday === 6 ? 0.35 : 1);
};

const start = (days) => NOW - (NOW % DAY) - (days - 1) * DAY;

function hours(days) {
  const from = start(days);
  const messages = Array.from({ length: Math.floor((NOW - from) / HOUR) + 1 }, (_, i) =>
    Math.round(busy(from + i * HOUR) * 90 * (0.7 + 0.6 * wave(i, 1))),
  );
  return {
    from,
    messages,
    tokens: messages.map((n, i) => n * Math.round(220 + 60 * wave(i, 2))),
    cost: messages.map((n) => n * 0.00031),
  };
}

function byDay(days) {
  const all = hours(days);
  return Array.from({ length: days }, (_, d) => {
    const sum = (list) => list.slice(d * 24, d * 24 + 24).reduce((n, value) => n + value, 0);
    const [messages, tokens] = [sum(all.messages), sum(all.tokens)];
    const each = (pick) =>
      Object.fromEntries(
        Object.entries(MODELS)
          .map(([name, of], i) => [name, pick(of, i)])
          .filter(([, value]) => value),
      );
    return {
      t: start(days) + d * DAY,
      messages,
      sessions: Math.round(messages / 9),
      user: Math.round(messages / 2),
      assistant: Math.floor(messages / 2),
      tokens: each(([share], i) => Math.round(tokens * share * (0.8 + 0.4 * wave(d, i)))),
      cost: each(([share, price]) => price && tokens * share * price),
      shadow_cost: each(([share, price], i) => (price || i === 3 ? 0 : tokens * share * 0.0000009)),
      engagement: 0.7,
      cycles: Math.round(messages / 2.1),
    };
  });
}

/** GET /api/v1/usage?days= */
export function usage(days) {
  const rows = byDay(days);
  const sum = (pick) => rows.reduce((n, row) => n + pick(row), 0);
  const [messages, tokens] = [
    sum((row) => row.messages),
    sum((row) => Object.values(row.tokens).reduce((n, value) => n + value, 0)),
  ];
  const of = (name, field) => sum((row) => row[field][name] ?? 0);
  const models = Object.keys(MODELS).map((model, i) => ({
    model,
    messages: Math.round((messages * MODELS[model][0]) / 2),
    prompt_tokens: Math.round(of(model, "tokens") * 0.7),
    completion_tokens: Math.round(of(model, "tokens") * 0.3),
    tokens: of(model, "tokens"),
    cost: of(model, "cost"),
    shadow_cost: of(model, "shadow_cost") || null,
    tokens_per_message: 230 + i,
    cost_per_message: of(model, "cost") / messages,
    response_p50: 1.8 + i,
    response_p95: i === 3 ? 33.1 : 6.2 + 2 * i,
    share: of(model, "tokens") / tokens,
  }));
  const bands = [
    [0, 1, 810],
    [1, 2, 2210],
    [2, 5, 3904],
    [5, 10, 1210],
    [10, 20, 402],
    [20, 30, 61],
    [30, 60, 12],
    [60, null, 0],
  ].map(([from, to, answers], i) => {
    const chance = answers ? 0.08 + 0.04 * i : null;
    const half = answers ? 1.96 * Math.sqrt((chance * (1 - chance)) / answers) : null;
    return {
      from,
      to,
      answers,
      left: Math.round(answers * (chance ?? 0)),
      chance,
      low: answers ? Math.max(0, chance - half) : null,
      high: answers ? chance + half : null,
    };
  });
  return {
    days,
    from: iso(start(days)),
    to: iso(NOW),
    hours: hours(days),
    by_day: rows,
    models,
    totals: {
      messages,
      sessions: sum((row) => row.sessions),
      prompt_tokens: Math.round(tokens * 0.7),
      completion_tokens: Math.round(tokens * 0.3),
      tokens,
      cost: of("gpt-4o", "cost"),
      shadow_cost: models.reduce((n, row) => n + (row.shadow_cost ?? 0), 0),
    },
    efficiency: {
      tokens_per_message: tokens / messages,
      tokens_per_session: (tokens / messages) * 9,
      messages_per_session: 9.02,
      cost_per_session: 0.0043,
      cost_per_1000_tokens: 0.0014,
      completion_share: 0.3,
    },
    dynamics: {
      messages_per_minute: 2.4,
      messages_per_hour: 41.2,
      messages_per_day: messages / days,
      active_seconds: 912000,
      idle_seconds: 391000,
      engagement: 0.7,
      cycles: Math.round(messages / 2.1),
      cycles_per_session: 4.3,
      idle_gap: 300,
    },
    leaving: { from: iso(start(days)), to: iso(NOW - 2400), bands, unanswered: 31 },
    prices: {
      version: 3,
      models: 41,
      note: "No price for a-model-with-a-very-long-name-that-has-to-wrap-somewhere:70b-instruct-q4_K_M.",
    },
  };
}

/** A longer trend goes by days. */
const step = (days) => (days > 8 ? DAY : HOUR);
const before = (i, p50) => (i % 29 === 3 ? null : { weeks: 4, low: p50 * 0.75, p50: p50 * 0.95, high: p50 * 1.25 });

function points(days, step) {
  const from = start(days);
  const slow = NOW - 0.2 * days * DAY;
  return Array.from({ length: Math.floor((NOW - from) / step) + 1 }, (_, i) => {
    const t = from + i * step;
    const usual = 2 + 0.6 * wave(i, 3) + (step === HOUR ? busy(t) : 0.4);
    const [p50, count] = [
      usual * (t > slow ? 1.5 : 1),
      Math.round((step / HOUR) * 40 * (step === HOUR ? busy(t) : 0.5)),
    ];
    return count < 2
      ? { t, count: 0, p50: null, p95: null, before: before(i, usual) }
      : { t, count, p50, p95: p50 * (3 + wave(i, 4)), before: before(i, usual) };
  });
}

/** GET /api/v1/responses?days= */
export function responses(days, state = "slower") {
  const histogram = Array.from({ length: 30 }, (_, i) => {
    const [from, to] = [0.2 * 1.25 ** i, 0.2 * 1.25 ** (i + 1)];
    return { from, to, count: Math.round(900 * Math.exp(-((Math.log(from) - Math.log(2.4)) ** 2) / 0.9)) };
  });
  const models = Object.keys(MODELS).map((model, i) => ({
    model,
    count: i === 3 ? 4 : 2000 - 500 * i,
    p50: 1.8 + i,
    p90: 5 + i,
    p95: 7.4 + i,
    p99: 14 + i,
    typical: i === 3 ? null : 1.8 + i,
    limit: i === 3 ? null : 11 + i,
    outliers: 3 - i,
  }));
  const outliers = Array.from({ length: 14 }, (_, i) => ({
    session_id: i === 2 ? `a-session-of-a-very-long-name-${"x".repeat(90)}` : `chat-${4000 + i * 7}`,
    message_id: `m-${90000 + i * 13}`,
    at: iso(NOW - i * 40000),
    model: Object.keys(MODELS)[i % 3],
    wait: 64 - 4 * i,
    typical: 2.1,
    limit: 11.4,
    score: 9.2 - 0.4 * i,
    rule: "3.5 median deviations above the model's median",
  }));
  const degradation = {
    slower: {
      state: "slower",
      since: iso(NOW - 5400),
      score: 7.4,
      limit: 5,
      baseline_p50: 2.3,
      now_p50: 3.6,
      week_p50: 3,
      answers: 412,
      words:
        "The sum of what answers took beyond the usual has passed its limit. " +
        "About one false alarm in 30 days is to be expected.",
    },
    steady: {
      state: "steady",
      since: null,
      score: 1.2,
      limit: 5,
      baseline_p50: 2.3,
      now_p50: 2.3,
      answers: 412,
      words: "No lasting change against the weeks before.",
    },
    unknown: {
      state: "unknown",
      since: null,
      score: null,
      limit: null,
      baseline_p50: null,
      now_p50: null,
      answers: 12,
      words: "At least 200 answers of two weeks are needed.",
    },
  }[state];
  return {
    days,
    from: iso(start(days)),
    to: iso(NOW),
    figures: { count: 8610, mean: 3.62, p50: 2.41, p90: 6.83, p95: 9.12, p99: 21.4, iqr: 2.35, spread: 2.08 },
    histogram,
    models,
    trend: { step: step(days), points: points(days, step(days)) },
    daily: points(days, DAY),
    degradation,
    outliers,
    rule: "longer than the model's median by 3.5 median deviations, at least 20 answers known",
  };
}

/** Reports of a time in which nothing came. */
export function nothing(days) {
  const full = usage(days);
  const zero = (record) => Object.fromEntries(Object.keys(record).map((name) => [name, null]));
  return {
    usage: {
      ...full,
      models: [],
      by_day: full.by_day.map((row) => ({
        ...row,
        messages: 0,
        sessions: 0,
        user: 0,
        assistant: 0,
        tokens: {},
        cost: {},
        shadow_cost: {},
        engagement: null,
        cycles: 0,
      })),
      hours: {
        from: full.hours.from,
        ...Object.fromEntries(["messages", "tokens", "cost"].map((name) => [name, full.hours[name].map(() => 0)])),
      },
      totals: {
        ...zero(full.totals),
        messages: 0,
        sessions: 0,
        tokens: 0,
        prompt_tokens: 0,
        completion_tokens: 0,
        cost: 0,
      },
      efficiency: zero(full.efficiency),
      dynamics: { ...zero(full.dynamics), cycles: 0, active_seconds: 0, idle_seconds: 0, idle_gap: 300 },
      leaving: {
        ...full.leaving,
        unanswered: 0,
        bands: full.leaving.bands.map((band) => ({
          ...band,
          answers: 0,
          left: 0,
          chance: null,
          low: null,
          high: null,
        })),
      },
      prices: { version: 0, models: 41, note: "" },
    },
    responses: {
      ...responses(days, "unknown"),
      figures: null,
      histogram: [],
      models: [],
      outliers: [],
      trend: {
        step: step(days),
        points: points(days, step(days)).map(({ t }) => ({ t, count: 0, p50: null, p95: null, before: null })),
      },
      daily: points(days, DAY).map(({ t }) => ({ t, count: 0, p50: null, p95: null, before: null })),
    },
  };
}

/** The frame of a live topic that carries a report. */
export const frame = (topic, days, report) => ({
  kind: "snapshot",
  topic,
  range: `${days}d`,
  days,
  position: 900,
  now: iso(NOW),
  newest: iso(NOW - 3),
  lag: 0,
  report,
});
