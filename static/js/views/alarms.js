/** Tells of alerts that begin while a page is open, by a desktop notification and a sound, once for all open tabs. */

import { choiceOf, idsOf, news, OFF, told, worst } from "../models/alarms.js";

/**
 * @import { AlertSpan } from "../lib/frames.js"
 * @import { Choice, Severity } from "../models/alarms.js"
 */

const [CHOICE, KNOWN] = ["sbdash.alarms", "sbdash.alarms.known"];
/** Hertz and seconds of the tones: two, and three times two if it is critical. */
const [HIGH, LOW, TONE] = [880, 660, 0.16];
/** @type {AudioContext | null} */
let audio = null;
/** The alerts that fire now. @type {AlertSpan[]} */
let present = [];

/** What the module needs of a browser; tests have another. */
export const browser = {
  /** @param {string} key */
  read(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // without storage it stays off
    }
  },

  /** @param {string} key @param {string} text */
  write(key, text) {
    try {
      localStorage.setItem(key, text);
    } catch {
      /* as above */
    }
  },

  /**
   * Lets one tab at a time do the work, where the browser can.
   * @param {() => void} work
   */
  alone: (work) => (navigator.locks ? navigator.locks.request(KNOWN, work) : work()),

  permission: () => ("Notification" in window && window.isSecureContext ? Notification.permission : "unsupported"),

  /** Asks for the permission: call it in a click. */
  ask: async () => ("Notification" in window && window.isSecureContext ? Notification.requestPermission() : ""),

  /**
   * Shows a notification. Several of one tag are one. A click on it opens the address in this tab.
   * @param {string} title
   * @param {NotificationOptions} options
   * @param {string} href
   */
  show(title, options, href) {
    try {
      const icon = document.querySelector("link[rel=icon]")?.getAttribute("href") ?? undefined;
      new Notification(title, { icon, ...options }).onclick = () => {
        window.focus();
        window.location.assign(href);
      };
    } catch {
      /* a phone's browser shows none from a page */
    }
  },

  /** @param {Severity} severity */
  sound: (severity) => audio?.state === "running" && tones(audio, severity === "critical" ? 3 : 1),
};

/**
 * @param {AudioContext} context
 * @param {number} times
 */
function tones(context, times) {
  for (let i = 0; i < times * 2; i += 1) {
    const [tone, loud] = [context.createOscillator(), context.createGain()];
    const begin = context.currentTime + i * TONE + Math.floor(i / 2) * TONE;
    tone.frequency.value = i % 2 ? LOW : HIGH;
    loud.gain.setValueAtTime(0.0001, begin);
    loud.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, begin + TONE);
    tone.connect(loud).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + TONE);
  }
}

/** Makes sounds possible: browsers allow them to a page that was clicked, or in which a key was pressed. */
export async function wake() {
  audio ??= new AudioContext();
  if (audio.state !== "running") await audio.resume();
}

/** @returns {Choice} */
export const chosen = (device = browser) => choiceOf(device.read(CHOICE));

/**
 * Stores the choice of this browser. What fires already when it is switched on is no news.
 * @param {Omit<Choice, "since">} choice
 * @param {number} now ms
 */
export function choose(choice, now, device = browser) {
  const held = chosen(device);
  const [was, is] = [held, choice].map(({ show, sound }) => show || sound);
  if (is && !was) {
    const known = [...idsOf(device.read(KNOWN)), ...present.map(({ id }) => id)];
    device.write(KNOWN, JSON.stringify(known));
  }
  device.write(CHOICE, JSON.stringify({ ...choice, since: was ? held.since : is ? now : OFF.since }));
}

/**
 * Shows and sounds what an alert does.
 * @param {Severity} least
 */
export function tryOut(least, device = browser) {
  const options = { body: "An alert looks and sounds like this.", tag: "sbdash-try" };
  if (chosen(device).show) device.show(`sbdash: ${least}`, options, "/alerts/");
  if (chosen(device).sound) device.sound(least);
}

/** Returns hear(firing, now): the newest alerts that fire, as the page knows them; undefined for those who may not. */
export function alarms(device = browser) {
  let first = true;
  let heard = "";

  /**
   * @param {AlertSpan[] | undefined} firing
   * @param {number} now ms
   */
  return (firing, now) => {
    const choice = chosen(device);
    present = firing ?? [];
    if (!firing || !(choice.show || choice.sound)) return;
    const print = JSON.stringify([choice, firing.map(({ id }) => id)]);
    if (print === heard) return;
    heard = print;
    const at = { first, now };
    first = false;
    device.alone(() => {
      const { fresh, ids } = news(firing, idsOf(device.read(KNOWN)), choice, at);
      device.write(KNOWN, JSON.stringify(ids));
      if (choice.show) for (const alert of fresh) notify(alert, device);
      if (choice.sound && fresh.length) device.sound(worst(fresh));
    });
  };
}

/**
 * @param {AlertSpan} alert
 * @param {typeof browser} device
 */
function notify(alert, device) {
  const { title, body } = told(alert);
  device.show(title, { body, tag: `sbdash-alert-${alert.id}` }, `/alerts/?alert=${alert.id}`);
}
