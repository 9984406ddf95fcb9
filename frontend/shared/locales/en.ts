// American English: the texts of all scripts. A translation is a file beside this one with the same keys.
// `{name}` is a placeholder. A text that depends on `{count}` has one form for each plural category of the language.

export const en = {
  // Connection status
  live: "Live",
  livePolling: "Live (updates every few seconds)",
  reconnecting: "Reconnecting…",
  offline: "Offline. Last updated at {time}.",
  signedOut: "You are signed out. Sign in again.",

  // Activity
  justNow: "just now",
  minutesAgo: "{count} min ago",
  hoursAgo: "{count} h ago",
  daysAgo: { one: "{count} day ago", other: "{count} days ago" },

  // Actions and toasts
  jobAssigned: "{job} was assigned to {contractor}.",
  jobReassigned: "{job} was reassigned to {contractor}.",
  jobRescheduled: "{job} was rescheduled.",
  startDiffers: "The start is {difference}.",
  undo: "Undo",
  undoKey: "Undo (press U)",
  undone: "The change was undone.",
  undoFailed: "The change could not be undone. {reason}",
  undoReason: "Undone",
  dismiss: "Dismiss",
  noAnswer: "The server did not respond. Check your connection, then try again.",
  unexpectedError: "Something went wrong. Reload the page, then try again.",

  // Another contractor than the first of the ranking
  overrideQuestion: "Assign {job} to {contractor}, who is not the first of the ranking?",
  overrideReason: "Reason (optional)",
  overrideChoose: "Assign to {contractor}",

  // Drag and drop
  dropHint: "Drop on a contractor's row",
  timesLoading: "Checking available times…",
  timesFailed: "Available times could not be loaded. Try again.",
  notAvailable: "{contractor} is not available at {time}.",
  mustConfirm: "{contractor} must confirm the new time.",
  noDropTarget: "No contractor on this board can take {job} on this day. Try another day or change the filters.",
  noDropTargetLoaded:
    "None of the loaded rows can take {job} on this day. Choose Recommend on the job, then show only contractors who can take it.",
  keyboardHelp: {
    one: "{count} contractor can take this job. Use the arrow keys to choose, Enter to drop, Escape to cancel.",
    other: "{count} contractors can take this job. Use the arrow keys to choose, Enter to drop, Escape to cancel.",
  },
  dragCanceled: "Move canceled. Nothing was changed.",
  bestTarget: "Best: {contractor}, {time}",

  // Menu of a booking
  actionsFor: "Actions for {job}",
  confirm: "Confirm",
  startWork: "Start",
  completeWork: "Complete",
  runningLate: "Running late…",
  onTime: "No longer late",
  reschedule: "Reschedule…",
  reassign: "Reassign…",
  cancelBooking: "Cancel booking…",
  openBooking: "Open booking",
  copyNumber: "Copy job number",
  conflictQuestion: "Confirm {job} despite the conflict?",
  confirmDespiteConflict: "Confirm despite the conflict",
  jobConfirmed: "{job} with {contractor} was confirmed.",
  jobStarted: "{contractor} started {job}.",
  jobCompleted: "{contractor} completed {job}.",
  jobCanceled: "The booking of {contractor} for {job} was canceled.",
  numberCopied: "{job} was copied.",
  copyFailed: "The browser did not allow copying {job}.",
  cancelQuestion: "Cancel the booking of {contractor} for {job}?",
  cancelReason: "Reason",
  cancelBookingNow: "Cancel booking",
  rescheduleQuestion: "Reschedule {job} with {contractor}",
  rescheduleNow: "Reschedule",
  day: "Day",
  startTime: "Start",
  howLateQuestion: "How late is {contractor} at {job}?",
  howLate: "Time after the booked end, or expected end",
  howLateExample: "25 min, 1 h 30 min or 3:30 PM",
  reportLate: "Report late",
  reportedLate: "{contractor} is running late at {job}.",
  reportedOnTime: "{contractor} is no longer late at {job}.",
  keep: "Keep as it is",

  // Several bookings
  selection: "Selected bookings",
  selected: { one: "{count} booking selected", other: "{count} bookings selected" },
  moveToDay: "Move to another day…",
  cancelSelected: "Cancel bookings…",
  select: "Select",
  deselect: "Deselect",
  clearSelection: "Clear selection",
  cancelManyQuestion: { one: "Cancel {count} booking?", other: "Cancel {count} bookings?" },
  cancelSelectedNow: "Cancel bookings",
  canceled: "canceled",
  manyCanceled: "{done} of {all} bookings were canceled.",
  moveManyQuestion: { one: "Move {count} booking to another day", other: "Move {count} bookings to another day" },
  moveNow: "Move",
  manyMoved: "{done} of {all} bookings were moved.",
  sameTime: "{time}, the same time",
  otherTime: "{time}, the nearest free start (now {present})",

  // Candidates on the board
  candidateRows: "Candidates for {job}, best first",
  showAllContractors: "Show all contractors",
  showCandidatesOnly: "Show candidates only",
  rank: "Rank",
  score: "Score {score}",
  showOffer: "Free {difference}: show that day",

  // Rows of the board
  rowsShown: "Rows {first}–{last} of {total}",
  showRows: "Show rows {first}–{last} of {total}",
  rowsFailed: "More rows could not be loaded. Scroll to try again.",
  searchResults: { one: "{count} result. Use the arrow keys to choose.", other: "{count} results. Use the arrow keys to choose." },
  rowMissing: "The row is not on this board.",
  favoriteAdded: "{contractor} is a favorite and stays at the top of your board.",
  favoriteRemoved: "{contractor} is no longer a favorite.",

  // Job panel
  rankingLoading: "Loading the ranking…",
  rankingFailed: "The ranking could not be loaded. It reloads when the connection is back.",
  close: "Close",
  rankingChanged: "The ranking has changed: {changes}.",
  rankEntered: "{contractor} is new at rank {rank}",
  rankMoved: "{contractor} moved from rank {from} to rank {to}",
  rankLeft: "{contractor} is no longer listed",
  moreChanges: { one: "{count} more change", other: "{count} more changes" },

  // Header: search and tour
  searchFailed: "The search did not respond. Check your connection, then try again.",
  resultsFound: { one: "{count} result", other: "{count} results" },
  next: "Next",
  back: "Back",
  notNow: "Not now",
  tourOfferTitle: "Tour of the board",
  tourOffer: "New here? A tour of five short steps shows how a job is booked.",
  tourStart: "Take the tour",
  tourLeave: "Leave the tour",
  tourDone: "Finish",
  tourStep: "Step {step} of {count}. Use the arrow keys to move, Escape to leave.",
  tourJobsTitle: "Open jobs wait here",
  tourJobs: "The most urgent job is at the top, with the date that the customer wants. Drag a job to a contractor's row, or choose Place and use the arrow keys.",
  tourRankingTitle: "Recommend shows who can take a job",
  tourRanking: "It opens the ranking: who is free, how far away, and how well rated, with the reasons. Assign books the selected time.",
  tourBoardTitle: "Each row is one contractor's day",
  tourBoard: "Shaded hours are free working time, blocks are bookings, and stripes are absences. Drag a block to move it to another time or contractor.",
  tourLiveTitle: "Everything moves by itself",
  tourLive: "Changes of other users appear here within two seconds. To take back your latest change, press U or choose Undo.",
  tourSearchTitle: "Search for everything",
  tourSearch: "Press / and type a job number, a customer, an address, or a name. Press ? to see all keys. The tour is in the menu More.",

  // Map
  mapFailed: "The map could not be loaded. Check your connection, then open the map again.",
  openJob: "open",
  loadOff: "not working",
  loadFree: "nothing booked",
  loadLight: "less than half booked",
  loadBusy: "half booked or more",
  loadFull: "90% booked or more",
  loadPercent: "{percent}% booked",
  routeHint: "Select a contractor to see the day's route.",
  routeShown: {
    one: "The day of {contractor}: {count} booking.",
    other: "The day of {contractor}: {count} bookings.",
  },
  routeEmpty: "{contractor} has no bookings on this board.",
  rankedContractor: "Rank {rank}: {contractor}",

  // Recommend and Reschedule pages
  rankingUpdateFailed: "The ranking could not be updated. The results below may be out of date. Try again in a moment.",

  // Forms for new jobs and contractors
  earlierCustomers: "Earlier customers",
  knownSkills: "Known skills",
  useInstead: "Use “{name}”",

  // Working hours
  weekFilledIn: "The hours of {days} are filled in. Check them below, then save.",
  mondayIsEmpty: "Monday has no hours to copy. Enter hours for Monday first.",
  mondayCopied: "Copied Monday's hours to {days}. Save to apply the change.",
  shiftIncomplete: "Select at least one day, a start time, and an end time.",
  shiftIsEmpty: "The start and the end of a shift must differ.",
  shiftAdded: "Added {hours} on {days}. Save to apply the change.",
  removeRow: "Remove this row",
} as const;
