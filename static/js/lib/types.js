/** The types of a page's state, which lib/state.js makes of the frames. */

/**
 * @import { Bound, ConsistencyReport, FailingJob, Follower, HourUsed, Mark, OperationRow, Point } from "./frames.js"
 * @import { ProcessFigures, Seen, SessionHead, StageLag, Tile, TimedMessage, VoteRow } from "./frames.js"
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
 * What a frame may hold: the fields of every topic.
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
 * @property {Record<string, Tile>} [tiles]
 * @property {Point[]} [buckets]
 * @property {HeatHours} [heat]
 * @property {{ from: number, changed: HourUsed[] }} [hours]
 * @property {any} [report]
 * @property {any[]} [sessions]
 * @property {SessionHead | null} [session]
 * @property {boolean} [whole]
 * @property {string | null} [next]
 * @property {TimedMessage[]} [messages]
 * @property {VoteRow[]} [votes]
 * @property {OperationRow[]} [operations]
 * @property {Mark[]} [marks]
 */

/**
 * The state of a page. A page reads the fields of its own topic; those of other topics are missing.
 * @typedef {object} State
 * @property {string} topic
 * @property {number | string} position
 * @property {string} now ISO time of the server
 * @property {string | null} newest ISO time of the newest event
 * @property {number} lag seconds that the statistics are behind the journal
 * @property {string} range
 * @property {number} step seconds
 * @property {number} from epoch seconds
 * @property {Record<string, Tile>} tiles
 * @property {Point[]} buckets
 * @property {Point[]} ahead buckets after `now`: a sender's clock may be ahead
 * @property {HeatHours} [heat]
 * @property {any} report
 * @property {any[]} sessions
 * @property {SessionHead | null} [session]
 * @property {string | null} [next] cursor of the earlier messages
 * @property {number} [renewed] how often rows were removed
 * @property {string | null} [selected] id of the chosen message
 * @property {TimedMessage[]} messages
 * @property {VoteRow[]} votes
 * @property {OperationRow[]} operations
 * @property {Mark[]} marks
 * @property {ConsistencyReport | null} [consistency]
 * @property {{ mongodb?: Follower | null, seen?: Seen[] }} [sources]
 * @property {Record<string, StageLag>} [stages]
 * @property {FailingJob[]} [jobs]
 * @property {Record<string, any>} [ingest]
 * @property {Bound[]} [bounds]
 * @property {ProcessFigures} [process]
 * @property {{ t: number, memory: number | null, cpu: number | null }[]} [points] the load of the process so far
 */

/**
 * Rows of a session that were loaded beside the live ones.
 * @typedef {Pick<State, "messages" | "votes" | "operations">} SessionRows
 */

/** @typedef {number | null | undefined} Figure a figure; null and undefined where it is unknown */

export {};
