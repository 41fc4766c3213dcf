/* The report is a program of its own (vitamin-report), linked without the methods and MuJoCo.
 * argv is NULL-terminated, argv[0] is replaced. Errors STATUS_IO: the program is not there or does
 * not start */
#ifndef HARNESS_REPORT_PROGRAM_H
#define HARNESS_REPORT_PROGRAM_H

#include "engine/base/status.h"

/* Become `folder`/vitamin-report, or the one beside the running program; no return but an error. */
enum status report_program_exec(const char *folder, char **argv);
enum status report_program_start(char **argv);

/* Run it beside this program and wait for its end. Errors STATUS_IO: also when it has failed */
enum status report_program_run(char **argv);

#endif
