/** The types of a page's state, which lib/state.js makes of the frames. */

/**
 * @import { AlertBands, AlertRow, AlertSpan, ReceiverNow, RuleRow, SilenceRow } from "./frames.js"
 * @import { Attention, Bound, BusySession, ConsistencyReport, FailingJob, Follower, HourUsed, Mark } from "./frames.js"
 * @import { OperationRow, OperationsFrame, Point, ProcessFigures, Seen, SessionHead, StageLag } from "./frames.js"
 * @import { Layer, SelfHealth, Tile, TimedMessage, VoteRow } from "./frames.js"
 */

/**
 * Figures by hour of the heat map; the first hour begins at `from`, epoch seconds.
 * @typedef {object} HeatHours
 * @property {number} from
 * @property {number[]} messages
 * @property {number[]} tokens
 * @property {number[]} cost
 */

/**
 * The fields of a frame: those of every topic.
 * @template [Report=unknown]
 * @typedef {object} Frame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position an owner's is an opaque text
 * @property {string} now
 * @property {string | null} [newest]
 * @property {number} [lag]
 * @property {string} [range]
 * @property {number} [step]
 * @property {number} [from]
 * @property {number} [to]
 * @property {number} [shift]
 * @property {number} [width]
 * @property {"now" | "window"} [tiles_of]
 * @property {Record<string, Tile>} [tiles]
 * @property {Point[]} [buckets]
 * @property {Point[]} [before]
 * @property {HeatHours} [heat]
 * @property {{ from: number, changed: HourUsed[] }} [hours]
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {Report | null} [report]
 * @property {Report} [report_before]
 * @property {BusySession[]} [sessions]
 * @property {SessionHead | null} [session]
 * @property {boolean} [whole]
 * @property {string | null} [next]
 * @property {TimedMessage[]} [messages]
 * @property {VoteRow[]} [votes]
 * @property {OperationRow[]} [operations]
 * @property {Mark[]} [marks]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {AlertRow[]} [alerts]
 * @property {number} [changed]
 * @property {RuleRow[]} [rules]
 * @property {SilenceRow[]} [silences]
 * @property {ReceiverNow[]} [receivers]
 */

/**
 * The state of a page, whose frames carry a `Report`. A page reads the fields of its own topic; those of other topics
 * are missing.
 * @template [Report=unknown]
 * @typedef {object} State
 * @property {string} topic
 * @property {number | string} position
 * @property {string} now ISO time of the server
 * @property {string | null} newest ISO time of the newest event
 * @property {number} lag seconds that the statistics are behind the journal
 * @property {string} range
 * @property {number} step seconds
 * @property {number} from epoch seconds
 * @property {number} to epoch seconds: the end of what is drawn
 * @property {number} [shift] seconds to the time that it is compared with, which lies before it
 * @property {number} [width] seconds of a bucket: "active" is the largest number in one of them
 * @property {"now" | "window"} [tiles_of] whether the tiles are figures of now or of the window
 * @property {Record<string, Tile>} tiles
 * @property {Point[]} buckets
 * @property {Point[]} [before] points of the time of comparison, moved on by `shift`
 * @property {Point[]} ahead buckets after `now`: a sender's clock may be ahead
 * @property {HeatHours} [heat]
 * @property {Attention[]} [attention] what needs attention, for staff
 * @property {Report | null} report
 * @property {Report} [report_before] the report on the time of comparison
 * @property {BusySession[]} sessions on the page of a person without the messages in the window
 * @property {SessionHead | null} [session]
 * @property {string | null} [next] cursor of the earlier messages
 * @property {number} [renewed] how often rows were removed
 * @property {string | null} [selected] id of the chosen message
 * @property {TimedMessage[]} messages
 * @property {VoteRow[]} votes
 * @property {OperationRow[]} operations
 * @property {Mark[]} marks
 * @property {ConsistencyReport | null} [consistency]
 * @property {number} [unchecked]
 * @property {{ mongodb?: Follower | null, seen?: Seen[] }} [sources]
 * @property {Record<string, StageLag>} [stages]
 * @property {FailingJob[]} [jobs]
 * @property {OperationsFrame["ingest"]} [ingest]
 * @property {Bound[]} [bounds]
 * @property {ProcessFigures} [process]
 * @property {Layer} [layer] gaps and marks over the time of the page
 * @property {SelfHealth} [health] what sbdash kept of itself, for staff
 * @property {number} [firing] the number of alerts that fire, for staff
 * @property {AlertSpan[]} [newest_firing] the newest of them
 * @property {AlertBands} [alert_bands] the alerts of the time of the page, for staff
 * @property {AlertRow[]} [alerts] those that fire
 * @property {number} [changed] µs since 1970 of the last change of an alert
 * @property {RuleRow[]} [rules]
 * @property {SilenceRow[]} [silences]
 * @property {ReceiverNow[]} [receivers]
 */

/**
 * Rows of a session that were loaded beside the live ones.
 * @typedef {Pick<State, "messages" | "votes" | "operations">} SessionRows
 */

/** @typedef {number | null | undefined} Figure a figure; null and undefined where it is unknown */

export {};
