/* Errors: a code for the caller, one sentence for the user.
 *
 * Fallible functions return enum status and leave a sentence that names file, field, what was
 * found, what was expected and the remedy. Kernels cannot fail and return void. `assert` is for
 * our own mistakes, status for the world's. Only main.c ends the process. */
#ifndef ENGINE_BASE_STATUS_H
#define ENGINE_BASE_STATUS_H

#define STATUS_LIST(X)                                                                             \
    X(STATUS_OK, "no error")                                                                       \
    X(STATUS_IO, "a file cannot be opened, read or written")                                       \
    X(STATUS_FORMAT, "a file does not have the expected format")                                   \
    X(STATUS_DAMAGED, "a file was damaged after it was written")                                   \
    X(STATUS_SHAPE, "an array has the wrong shape")                                                \
    X(STATUS_CONFIG, "a setting is unknown or out of range")                                       \
    X(STATUS_NONFINITE, "a number is NaN or infinite")                                             \
    X(STATUS_PHYSICS, "the simulation diverged")                                                   \
    X(STATUS_MEMORY, "out of memory")                                                              \
    X(STATUS_MISSING, "something needed is missing")                                               \
    X(STATUS_BUSY, "another process holds the lock")                                               \
    X(STATUS_WAITS, "something else must finish first")                                            \
    X(STATUS_INTERRUPTED, "asked to stop")

enum status {
#define STATUS_ENUM(code, text) code,
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
};

enum { STATUS_SENTENCE = 1024 }; /* longest sentence, with its NUL */

/* A copy of one failure; a parallel loop keeps that of its lowest failing index. */
struct status_note {
    enum status code;
    char sentence[STATUS_SENTENCE];
};

/* Return the status to the caller unless it is STATUS_OK. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status try_status_ = (call);                                                          \
        if (try_status_ != STATUS_OK)                                                              \
            return try_status_;                                                                    \
    } while (0)

/* Keep the formatted sentence for this thread and return `code`. A %s is one line without control
 * characters (say.h). */
#define status_fail(code, ...) status_kept(status_keep(__VA_ARGS__), (code))

/* Put "prefix: " before the sentence that is kept (say, the run's name), return `code`. */
#define status_prefix(code, ...) status_kept(status_keep_prefix(__VA_ARGS__), (code))

/* These two are macros so that compilers and analysers see which code is returned; the functions
 * behind them only keep the sentence and return 0. */
int status_keep(const char *format, ...) __attribute__((format(printf, 1, 2)));
int status_keep_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline enum status status_kept(int kept, enum status code)
{
    (void)kept;
    return code;
}

/* The sentence of this thread's last failure; "" when there was none. Never NULL. */
const char *status_sentence(void);

/* "STATUS_SHAPE". */
const char *status_name(enum status code);

/* Carry a failure from a worker thread to its master: save there, restore here. */
void status_save(struct status_note *note, enum status code);
enum status status_restore(const struct status_note *note);

#endif
