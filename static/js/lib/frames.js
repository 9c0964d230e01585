/**
 * The types of what the server sends. tests/dashboard/frame_types.py writes this file from the server's structs, whose
 * docstrings say what each means.
 */

/**
 * A point of the overview's charts: `t` is its start in epoch seconds.
 * @typedef {object} Point
 * @property {number} t
 * @property {Record<string, number>} [messages] by role
 * @property {Record<string, number>} [tokens] by model
 * @property {Record<string, number>} [cost] by model, USD
 * @property {Record<string, number>} [errors] by kind
 * @property {Record<string, number>} [wait] p50, p95, p99 in seconds, and the count
 * @property {number | null} [active]
 * @property {number} [started]
 */

/**
 * @typedef {object} AlertBands
 * @property {AlertSpan[]} alerts
 * @property {boolean} more
 */

/**
 * @typedef {object} AlertRow
 * @property {number} id
 * @property {number} rule
 * @property {string} name
 * @property {string} figure
 * @property {string} scope
 * @property {string} state
 * @property {string} from
 * @property {string | null} to
 * @property {number | null} peak
 * @property {string} severity
 * @property {string | null} acknowledged_by
 * @property {string | null} marked
 * @property {boolean} withdrawn
 */

/**
 * @typedef {object} AlertSpan
 * @property {number} id
 * @property {string} name
 * @property {string} figure
 * @property {string} scope
 * @property {"notice" | "warning" | "critical"} severity
 * @property {number} from
 * @property {number | null} to
 */

/**
 * @typedef {object} AlertsFrame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {AlertRow[]} alerts
 * @property {number} changed
 * @property {RuleRow[]} rules
 * @property {SilenceRow[]} silences
 * @property {ReceiverNow[]} receivers
 */

/**
 * @typedef {object} Attention
 * @property {string} kind
 * @property {string} words
 * @property {string} href
 * @property {"critical" | "warning" | "notice" | "unknown"} severity
 * @property {string | null} since
 */

/**
 * @typedef {object} Band
 * @property {number} from
 * @property {number | null} to
 * @property {number} answers
 * @property {number} left
 * @property {number | null} chance
 * @property {number | null} low
 * @property {number | null} high
 */

/**
 * @typedef {object} Bar
 * @property {number} from
 * @property {number | null} to
 * @property {number} count
 */

/**
 * @typedef {object} Before
 * @property {number} weeks
 * @property {number} low
 * @property {number} p50
 * @property {number} high
 */

/**
 * @typedef {object} Bound
 * @property {string} name
 * @property {number} used
 * @property {number} limit
 * @property {string} unit
 * @property {boolean} usual
 */

/**
 * @typedef {object} BusySession
 * @property {string} id
 * @property {string} owner
 * @property {number} messages
 * @property {number | null} average_response_time
 * @property {number | null} response_p95
 * @property {number | null} slowest_response
 * @property {number} tokens
 * @property {number} cost
 * @property {number} errors
 * @property {string | null} last_message_at
 * @property {string | null} started_at
 * @property {"active" | "idle" | "ended"} state
 * @property {string} outcome
 * @property {number} duration
 * @property {string[]} models
 * @property {number} messages_in_window
 */

/**
 * @typedef {object} ChangedHours
 * @property {number} from
 * @property {HourUsed[]} changed
 */

/**
 * @typedef {object} Compared
 * @property {string} name
 * @property {number | null} mine
 * @property {number | null} others
 * @property {boolean} withheld
 */

/**
 * @typedef {object} Comparison
 * @property {string} [from]
 * @property {string} [to]
 * @property {number} [people]
 * @property {Compared[]} [figures]
 * @property {string} [withheld]
 */

/**
 * @typedef {object} ConsistencyReport
 * @property {string} began
 * @property {string} ended
 * @property {number} seconds
 * @property {number} position
 * @property {number} sessions
 * @property {number} messages
 * @property {number} moving
 * @property {number} compared
 * @property {number} elsewhere
 * @property {Record<string, Record<string, number>>} counts
 * @property {Difference[]} differences
 * @property {string} error
 */

/**
 * @typedef {object} Created
 * @property {number} t
 * @property {number} started
 * @property {Ends} ended
 */

/**
 * @typedef {object} Day
 * @property {number} t
 * @property {number} messages
 * @property {number} sessions
 * @property {number} user
 * @property {number} assistant
 * @property {Record<string, number>} tokens
 * @property {Record<string, number>} cost
 * @property {Record<string, number>} shadow_cost
 * @property {number | null} engagement
 * @property {number} cycles
 */

/**
 * @typedef {object} Degradation
 * @property {"steady" | "slower" | "unknown"} state
 * @property {string | null} since
 * @property {number | null} score
 * @property {number | null} limit
 * @property {number | null} baseline_p50
 * @property {number | null} now_p50
 * @property {number} answers
 * @property {string} words
 * @property {number | null} week_p50
 * @property {string} from
 * @property {string} to
 * @property {string} baseline_from
 */

/**
 * @typedef {object} Delivery
 * @property {string} id
 * @property {string | null} receiver
 * @property {string | null} alert
 * @property {string} rule
 * @property {"firing" | "resolved" | "test"} kind
 * @property {"waiting" | "sent" | "dead"} state
 * @property {number} attempts
 * @property {string} created
 * @property {string | null} due
 * @property {string | null} sent
 * @property {string} error
 */

/**
 * @typedef {object} Difference
 * @property {string} session
 * @property {string} figure
 * @property {unknown} ours
 * @property {unknown} theirs
 * @property {"recalculation" | "application"} against
 * @property {"late" | "deleted" | "application's own count" | "role case" | "wrong clock" | "from another source" |
 *   "missing here" | "not there" | "unreadable" | "unknown"} cause
 */

/**
 * @typedef {object} Dynamics
 * @property {number | null} messages_per_minute
 * @property {number | null} messages_per_hour
 * @property {number | null} messages_per_day
 * @property {number} active_seconds
 * @property {number} idle_seconds
 * @property {number | null} engagement
 * @property {number} cycles
 * @property {number | null} cycles_per_session
 * @property {number} idle_gap
 */

/**
 * @typedef {object} Efficiency
 * @property {number | null} tokens_per_message
 * @property {number | null} tokens_per_session
 * @property {number | null} messages_per_session
 * @property {number | null} cost_per_session
 * @property {number | null} cost_per_1000_tokens
 * @property {number | null} completion_share
 */

/**
 * @typedef {object} Ends
 * @property {number} closed
 * @property {number} timeout
 * @property {number} error
 */

/**
 * @typedef {object} Errors
 * @property {number} finished
 * @property {number} failed
 * @property {number | null} rate
 */

/**
 * @typedef {object} FailingJob
 * @property {string} name
 * @property {string} error
 * @property {string} since
 */

/**
 * @typedef {object} Follower
 * @property {string} phase
 * @property {boolean} alive
 * @property {string | null} [since]
 * @property {string} [error]
 * @property {number} [read]
 * @property {number} [total]
 * @property {number} [changes]
 * @property {number} [refused]
 * @property {string | null} [last_change]
 * @property {number} [lag_seconds]
 * @property {string} [seen]
 */

/**
 * @typedef {object} Gap
 * @property {number} from
 * @property {number} to
 * @property {"down" | "silent" | "lag"} kind
 * @property {string} words
 */

/**
 * @typedef {object} HealthPoint
 * @property {number} t
 * @property {number | null} lag
 * @property {number | null} newest_age
 * @property {number | null} memory
 * @property {number | null} cpu
 * @property {number | null} refused
 * @property {number | null} rejected
 * @property {number | null} dropped
 * @property {number | null} queue
 * @property {number | null} disk
 * @property {number | null} failing
 * @property {Record<string, number>} silences
 * @property {number} gap
 */

/**
 * @typedef {object} HourUsed
 * @property {number} t
 * @property {number} messages
 * @property {number} tokens
 * @property {number} cost
 */

/**
 * @typedef {object} Hours
 * @property {number} from
 * @property {number[]} messages
 * @property {number[]} tokens
 * @property {number[]} cost
 */

/**
 * @typedef {object} LastDay
 * @property {number} from
 * @property {Gap[]} gaps
 * @property {number | null} longest_lag
 * @property {number | null} lag_at
 * @property {Record<string, number>} refused
 * @property {number} dropped
 */

/**
 * @typedef {object} Layer
 * @property {Gap[]} gaps
 * @property {TimeMark[]} marks
 */

/**
 * @typedef {object} Leaving
 * @property {string} from
 * @property {string} to
 * @property {Band[]} bands
 * @property {number} unanswered
 */

/**
 * @typedef {object} Lifetimes
 * @property {number} count
 * @property {number} mean
 * @property {number} p50
 * @property {number} p90
 * @property {number} p95
 * @property {Bar[]} histogram
 */

/**
 * @typedef {object} Mark
 * @property {string} at
 * @property {"started" | "ended"} kind
 * @property {string | null} reason
 */

/**
 * @typedef {object} Match
 * @property {number | null} rule
 * @property {string | null} scope
 * @property {"notice" | "warning" | "critical" | null} severity
 */

/**
 * @typedef {object} Mine
 * @property {number} days
 * @property {string} from
 * @property {string} to
 * @property {number} step
 * @property {Hours} hours
 * @property {Day[]} by_day
 * @property {ModelUsage[]} models
 * @property {MyFigures} figures
 * @property {Comparison} comparison
 */

/**
 * @typedef {object} MineFrame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {string} range
 * @property {number} from
 * @property {number} to
 * @property {number} step
 * @property {number} [shift]
 * @property {Report | null} report
 * @property {Report} [report_before]
 * @property {SessionRow[]} sessions
 */

/**
 * @typedef {object} ModelOfSession
 * @property {number} messages
 * @property {number} tokens
 * @property {number} cost
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 */

/**
 * @typedef {object} ModelResponses
 * @property {string} model
 * @property {number} count
 * @property {number | null} p50
 * @property {number | null} p90
 * @property {number | null} p95
 * @property {number | null} p99
 * @property {number | null} typical
 * @property {number | null} limit
 * @property {number} outliers
 */

/**
 * @typedef {object} ModelUsage
 * @property {string} model
 * @property {number} messages
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 * @property {number} tokens
 * @property {number} cost
 * @property {number | null} shadow_cost
 * @property {number | null} tokens_per_message
 * @property {number | null} cost_per_message
 * @property {number | null} response_p50
 * @property {number | null} response_p95
 * @property {number | null} share
 */

/**
 * @typedef {object} MyFigures
 * @property {number} sessions
 * @property {number} messages
 * @property {number} tokens
 * @property {number} cost
 * @property {number | null} shadow_cost
 * @property {number | null} response_p50
 * @property {number | null} response_p95
 * @property {number | null} engagement
 * @property {number} active_seconds
 * @property {number} errors
 */

/**
 * @typedef {object} NoSession
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {null} session
 * @property {TimedMessage[]} messages
 */

/**
 * @typedef {object} OperationFigures
 * @property {string} operation
 * @property {number} count
 * @property {number} ok
 * @property {number} failed
 * @property {number} timeout
 * @property {number | null} failure_rate
 * @property {number | null} p50
 * @property {number | null} p95
 * @property {number | null} memory_mean
 * @property {number | null} cpu_mean
 */

/**
 * @typedef {object} OperationRow
 * @property {string} at
 * @property {string} operation
 * @property {string} outcome
 * @property {number | null} duration
 * @property {string | null} error
 * @property {number | null} memory_bytes
 * @property {number | null} cpu_seconds
 */

/**
 * @typedef {object} Operations
 * @property {number} days
 * @property {string} from
 * @property {string} to
 * @property {number} step
 * @property {number} active
 * @property {number} open
 * @property {Created[]} created_per_hour
 * @property {Lifetimes | null} lifetimes
 * @property {Ends} ends
 * @property {TooLong} too_long
 * @property {Errors} errors
 * @property {OperationFigures[]} operations
 */

/**
 * @typedef {object} OperationsFrame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {string} range
 * @property {number} from
 * @property {number} to
 * @property {number} step
 * @property {number} [shift]
 * @property {ConsistencyReport | null} [consistency]
 * @property {number} unchecked
 * @property {Sources} sources
 * @property {Record<string, StageLag>} stages
 * @property {FailingJob[]} jobs
 * @property {Record<string, number | string | null>} ingest
 * @property {Operations} report
 * @property {Operations} [report_before]
 * @property {Bound[]} bounds
 * @property {ProcessFigures} process
 * @property {SelfHealth} health
 */

/**
 * @typedef {object} Options
 * @property {number} repeat_seconds
 * @property {QuietHours | null} quiet_hours
 * @property {string | null} escalate_to
 * @property {number} escalate_after_minutes
 * @property {number} group_seconds
 */

/**
 * @typedef {object} Outlier
 * @property {number | null} typical
 * @property {number | null} limit
 * @property {number | null} score
 * @property {string} rule
 */

/**
 * @typedef {object} Overview
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {string} range
 * @property {number} from
 * @property {number} to
 * @property {number} step
 * @property {number} [shift]
 * @property {number} width
 * @property {"now" | "window"} tiles_of
 * @property {Tiles} tiles
 * @property {Point[]} buckets
 * @property {Point[]} [before]
 * @property {BusySession[]} sessions
 * @property {Hours} [heat]
 * @property {ChangedHours} hours
 */

/**
 * @typedef {object} PeriodFigures
 * @property {string} title
 * @property {number} days
 * @property {Usage} usage
 * @property {ResponseFigures | null} responses
 * @property {ResponsePoint[]} daily
 * @property {number | null} error_rate
 */

/**
 * @typedef {object} PeriodReport
 * @property {string} name
 * @property {boolean} complete
 * @property {string} as_of
 * @property {PeriodFigures} now
 * @property {PeriodFigures} before
 */

/**
 * @typedef {object} PricesUsed
 * @property {number} version
 * @property {number} models
 * @property {string} note
 */

/**
 * @typedef {object} ProcessFigures
 * @property {number} rss_bytes
 * @property {number} cpu_share
 * @property {string} since
 */

/**
 * @typedef {object} QuietHours
 * @property {string} zone
 * @property {string} from
 * @property {string} to
 */

/**
 * @typedef {object} Receiver
 * @property {string} name
 * @property {"email" | "webhook" | "alertmanager" | "apprise"} kind
 * @property {string} to
 * @property {boolean} has_secret
 * @property {Options} options
 */

/**
 * @typedef {object} ReceiverNow
 * @property {Receiver} receiver
 * @property {Delivery | null} last
 */

/**
 * @typedef {object} RelatedRows
 * @property {VoteRow[]} votes
 * @property {OperationRow[]} operations
 * @property {Mark[]} marks
 */

/**
 * @typedef {object} Report
 * @property {number} days
 * @property {string} from
 * @property {string} to
 * @property {number} step
 */

/**
 * @typedef {object} ReportFrame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {string} range
 * @property {number} from
 * @property {number} to
 * @property {number} step
 * @property {number} [shift]
 * @property {Report | null} report
 * @property {Report} [report_before]
 */

/**
 * @typedef {object} ResponseFigures
 * @property {number} count
 * @property {number} mean
 * @property {number} p50
 * @property {number} p90
 * @property {number} p95
 * @property {number} p99
 * @property {number} iqr
 * @property {number} spread
 */

/**
 * @typedef {object} ResponsePoint
 * @property {number} t
 * @property {number} count
 * @property {number | null} p50
 * @property {number | null} p95
 * @property {Before | null} before
 */

/**
 * @typedef {object} Responses
 * @property {number} days
 * @property {string} from
 * @property {string} to
 * @property {number} step
 * @property {ResponseFigures | null} figures
 * @property {number} skewed
 * @property {Bar[]} histogram
 * @property {ModelResponses[]} models
 * @property {Trend} trend
 * @property {ResponsePoint[]} daily
 * @property {Degradation} degradation
 * @property {SlowAnswer[]} outliers
 * @property {string} rule
 */

/**
 * @typedef {object} RuleRow
 * @property {string} name
 * @property {string} figure
 * @property {">" | ">=" | "<" | "<="} comparison
 * @property {number} threshold
 * @property {"all" | "session" | "user" | "model" | "operation" | "source"} scope
 * @property {string | null} match
 * @property {number | null} clear
 * @property {number} window_seconds
 * @property {number} for_seconds
 * @property {number} cooldown_seconds
 * @property {"notice" | "warning" | "critical"} severity
 * @property {"keep" | "clear" | "fire"} no_data
 * @property {boolean} enabled
 * @property {string[]} receivers
 * @property {number} id
 * @property {number} version
 * @property {string} source
 * @property {string | null} setting
 * @property {number} position
 */

/**
 * @typedef {object} Seen
 * @property {string} source
 * @property {string} kind
 * @property {string} name
 * @property {number} count
 * @property {string} first
 * @property {string} last
 */

/**
 * @typedef {object} SelfHealth
 * @property {LastDay} day
 * @property {number} step
 * @property {HealthPoint[]} points
 */

/**
 * @typedef {object} SessionFrame
 * @property {"snapshot" | "frame"} kind
 * @property {string} topic
 * @property {number | string} position
 * @property {string | null} newest
 * @property {number} lag
 * @property {string} now
 * @property {Attention[]} [attention]
 * @property {Layer} [layer]
 * @property {number} [firing]
 * @property {AlertSpan[]} [newest_firing]
 * @property {AlertBands} [alert_bands]
 * @property {SessionHead} session
 * @property {TimedMessage[]} messages
 * @property {boolean} whole
 * @property {string | null} next
 * @property {VoteRow[]} votes
 * @property {OperationRow[]} operations
 * @property {Mark[]} marks
 */

/**
 * @typedef {object} SessionHead
 * @property {number} message_count
 * @property {number} total_tokens
 * @property {number} total_cost
 * @property {string | null} last_message_at
 * @property {number} average_response_time
 * @property {number} conversation_duration
 * @property {number} user_messages
 * @property {number} assistant_messages
 * @property {number} average_time_to_start
 * @property {number} skewed_responses
 * @property {number} responses
 * @property {number | null} response_p50
 * @property {number | null} response_p90
 * @property {number | null} response_p95
 * @property {number | null} response_p99
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 * @property {number} failed_messages
 * @property {number} pending_messages
 * @property {number} failed_operations
 * @property {number} votes_up
 * @property {number} votes_down
 * @property {number} active_seconds
 * @property {number} idle_seconds
 * @property {number | null} engagement
 * @property {number | null} messages_per_minute
 * @property {[number, number][]} response_histogram
 * @property {Record<string, ModelOfSession>} models
 * @property {string} id
 * @property {string} owner
 * @property {string | null} session_type
 * @property {"active" | "idle" | "ended"} state
 * @property {string | null} started_at
 * @property {string | null} ended_at
 * @property {string | null} end_reason
 * @property {number | null} shadow_cost
 * @property {number} idle_gap
 */

/**
 * @typedef {object} SessionRow
 * @property {string} id
 * @property {string} owner
 * @property {number} messages
 * @property {number | null} average_response_time
 * @property {number | null} response_p95
 * @property {number | null} slowest_response
 * @property {number} tokens
 * @property {number} cost
 * @property {number} errors
 * @property {string | null} last_message_at
 * @property {string | null} started_at
 * @property {"active" | "idle" | "ended"} state
 * @property {string} outcome
 * @property {number} duration
 * @property {string[]} models
 */

/**
 * @typedef {object} SilenceRow
 * @property {number} id
 * @property {Match} match
 * @property {string} from
 * @property {string} to
 * @property {string} reason
 * @property {string} by
 * @property {string} state
 */

/**
 * @typedef {object} SlowAnswer
 * @property {number | null} typical
 * @property {number | null} limit
 * @property {number | null} score
 * @property {string} rule
 * @property {string} session_id
 * @property {string} message_id
 * @property {string} at
 * @property {string} model
 * @property {number} wait
 */

/**
 * @typedef {object} Sources
 * @property {Follower | null} mongodb
 * @property {Seen[]} seen
 */

/**
 * @typedef {object} StageLag
 * @property {number} position
 * @property {number} behind
 * @property {number} lag_seconds
 * @property {number} stalled_seconds
 */

/**
 * @typedef {object} Tile
 * @property {number | null} value
 * @property {number | null} before
 * @property {string | null} at
 */

/**
 * @typedef {object} Tiles
 * @property {Tile} active_sessions
 * @property {Tile} messages_per_minute
 * @property {Tile} response_p50
 * @property {Tile} response_p95
 * @property {Tile} error_rate
 * @property {Tile} tokens_per_minute
 * @property {Tile} cost_today
 */

/**
 * @typedef {object} TimeMark
 * @property {number} at
 * @property {"restart" | "deploy" | "note" | "settings" | "price"} kind
 * @property {string} words
 * @property {string} [link]
 */

/**
 * @typedef {object} TimedMessage
 * @property {string} id
 * @property {string | null} role
 * @property {string | null} status
 * @property {string | null} at
 * @property {string | null} completed_at
 * @property {number | null} wait
 * @property {boolean} skewed
 * @property {number} tokens
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 * @property {number} cost
 * @property {string | null} model
 * @property {string | null} error
 * @property {Outlier | null} outlier
 */

/**
 * @typedef {object} TooLong
 * @property {number} limit
 * @property {number} count
 * @property {string[]} sessions
 */

/**
 * @typedef {object} Totals
 * @property {number} messages
 * @property {number} sessions
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 * @property {number} tokens
 * @property {number} cost
 * @property {number | null} shadow_cost
 */

/**
 * @typedef {object} Trend
 * @property {number} step
 * @property {ResponsePoint[]} points
 */

/**
 * @typedef {object} Usage
 * @property {number} days
 * @property {string} from
 * @property {string} to
 * @property {number} step
 * @property {Hours} hours
 * @property {Day[]} by_day
 * @property {ModelUsage[]} models
 * @property {Totals} totals
 * @property {Efficiency} efficiency
 * @property {Dynamics} dynamics
 * @property {Leaving} leaving
 * @property {PricesUsed} prices
 */

/**
 * @typedef {object} VoteRow
 * @property {string} at
 * @property {string} value
 * @property {string | null} message_id
 */

export {};
