/* What a report is at, on the last line of a terminal's stderr; nothing elsewhere. Steps are
 * counted as they become known, so the time left is a rough one. Safe from several threads. */
#ifndef REPORT_STEPS_H
#define REPORT_STEPS_H

/* So many more are to come. */
void steps_expect(int more);

/* One begins: "table", "ranks". */
void steps_begin(const char *kind, const char *name);

/* The report is made, or has failed: the line goes. */
void steps_end(void);

#endif
