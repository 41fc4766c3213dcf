/* Names and seeds out of cells, names of runs, and paths. */
#include "engine/base/escape.h"
#include "engine/base/memory.h"
#include "report/results/registry.h"
#include "report/results/results_impl.h"
#include "report/results/scores_impl.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *reading_role_name(enum reading_role role)
{
#define READING_NAME(code, name) name,
    static const char *const names[] = {READING_ROLES(READING_NAME)};
#undef READING_NAME
    return names[role];
}

/* What separates nothing and nobody sees becomes a blank, and goes where it is at an end. */
static const char *clean_name(const char *text, char out[4 * SCORES_NAME])
{
    escape_line(text, out, 4 * SCORES_NAME);
    size_t n = strlen(out);
    while (n > 0 && out[n - 1] == ' ')
        out[--n] = '\0';
    return out + strspn(out, " ");
}

enum status scores_declare(struct results *r, const char *method, const char *dataset, int *m,
                           int *d)
{
    char a[4 * SCORES_NAME], b[4 * SCORES_NAME];
    return results_declare(r, clean_name(method, a), "", clean_name(dataset, b), m, d);
}

/* --- seeds ------------------------------------------------------------------------------------ */

/* The whole text is one whole number. */
static bool whole_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && whole > INT64_MIN / 2) {
        *out = whole; /* those below are of seeds with names */
        return true;
    }
    double value = strtod(text, &end);
    *out = fabs(value) < 9e15 ? (int64_t)value : 0;
    return end != text && *end == '\0' && fabs(value) < 9e15 && value == floor(value);
}

bool scores_seed_number(const char *text, int64_t *out)
{
    static const char *const words[] = {"random_seed", "seed", "trial", "run", "rep", "sd", "s"};
    if (whole_number(text, out))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (strncasecmp(text, words[i], n) != 0)
            continue;
        const char *digits = text + n + strspn(text + n, "_-=: .#");
        if (*digits != '\0' && digits[strspn(digits, "0123456789")] == '\0')
            return whole_number(digits, out);
    }
    return false;
}

/* Until results_finish knows which numbers are free, names have numbers that no file has. */
static enum status seed_by_name(struct results *r, const char *text, int64_t *out)
{
    int i = 0;
    while (i < r->seed_names && strcmp(r->seed_name[i], text) != 0)
        i++;
    if (i == r->seed_names) {
        if (i == SCORES_NAMES)
            return status_fail(STATUS_FORMAT,
                               "more than %d seeds that are no numbers; is it the right column? "
                               "(--column seed=NAME)",
                               SCORES_NAMES);
        TRY(memory_grow((void **)&r->seed_name, r->seed_names, sizeof *r->seed_name, "seeds"));
        snprintf(r->seed_name[r->seed_names++], RESULTS_ID, "%s", text);
    }
    *out = RESULTS_SEED_NAMED + i;
    return STATUS_OK;
}

enum status scores_seed(struct results *r, const char *text, int64_t *out)
{
    char *end;
    if (scores_seed_number(text, out))
        return STATUS_OK;
    if (*text == '\0')
        return status_fail(STATUS_FORMAT, "a run without a seed");
    strtod(text, &end);
    bool digits = text[strspn(text, "0123456789")] == '\0'; /* too many of them: a name */
    if (*end == '\0' && !digits)
        return status_fail(STATUS_FORMAT, "seed '%.60s' is not a whole number", text);
    char name[RESULTS_ID];
    snprintf(name, sizeof name, "%s", text);
    return seed_by_name(r, strlen(text) < sizeof name ? text : name, out);
}

/* --- names of runs ---------------------------------------------------------------------------- */

static void keep_name(char name[SCORES_NAME], const char *from, size_t length)
{
    if (name[0] == '\0')
        snprintf(name, SCORES_NAME, "%.*s", (int)length, from);
}

/* "Hopper-v4__td3_continuous_action__1__1690000000": CleanRL's environment, program, seed, time. */
static bool names_of_cleanrl(const char *text, char name[READ_NAMES][SCORES_NAME])
{
    const char *part[5];
    size_t length[5];
    int parts = 0;
    while (parts < 5) {
        const char *end = strstr(text, "__");
        part[parts] = text;
        length[parts++] = end != NULL ? (size_t)(end - text) : strlen(text);
        if (end == NULL)
            break;
        text = end + 2;
    }
    if (parts < 3 || parts > 4)
        return false;
    for (int i = 0; i < 3; i++) {
        if (length[i] == 0)
            return false;
    }
    keep_name(name[READ_DATASET], part[0], length[0]);
    keep_name(name[READ_METHOD], part[1], length[1]);
    keep_name(name[READ_SEED], part[2], length[2]);
    return true;
}

static bool separates(char c)
{
    return c == '\0' || strchr("-_ ,;:/()[]|.", c) != NULL;
}

/* Where a dataset stands in the text: one of the registry, else words up to "-v2". */
static const char *find_dataset(const char *text, size_t *length)
{
    int count;
    const char *best = NULL;
    const struct registry_dataset *known = registry_datasets(&count);
    *length = 0;
    for (int i = 0; i < count; i++) {
        const char *at = strstr(text, known[i].id);
        size_t n = strlen(known[i].id);
        if (at != NULL && n > *length && separates(at[n])) {
            best = at;
            *length = n;
        }
    }
    for (const char *v = strstr(text, "-v"); best == NULL && v != NULL; v = strstr(v + 2, "-v")) {
        size_t digits = strspn(v + 2, "0123456789");
        const char *first = v;
        while (first > text && (isalnum((unsigned char)first[-1])))
            first--;
        if (digits > 0 && separates(v[2 + digits]) && first < v) {
            best = first;
            *length = (size_t)(v - first) + 2 + digits;
        }
    }
    return best;
}

/* "...-s1", "..._seed=3", "...-4b8a1c2d": where the end of a run's name says which run it is. */
static const char *find_seed(const char *text, size_t *end)
{
    size_t n = strlen(text), digits = 0, hex = 0;
    while (digits < n && isdigit((unsigned char)text[n - 1 - digits]))
        digits++;
    while (hex < n && isxdigit((unsigned char)text[n - 1 - hex]))
        hex++;
    const char *number = text + n - digits;
    *end = n;
    if (digits > 0) {
        const char *word = number;
        while (word > text && strchr("_-=: .#", word[-1]) != NULL)
            word--;
        static const char *const words[] = {"seed", "trial", "run", "rep", "s"};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            size_t w = strlen(words[i]);
            if ((size_t)(word - text) > w && strncasecmp(word - w, words[i], w) == 0 &&
                separates(word[-(long)w - 1])) {
                *end = (size_t)(word - text) - w;
                return number;
            }
        }
        if (word < number && word > text && digits < 8) {
            *end = (size_t)(word - text);
            return number;
        }
    }
    if (hex == 8 && n > 9 && separates(text[n - 9])) { /* CORL's names end in a piece of a uuid */
        *end = n - 9;
        return text + n - 8;
    }
    return NULL;
}

bool scores_names_of_run(const char *text, char name[READ_NAMES][SCORES_NAME])
{
    char rest[SCORES_NAME], seed[SCORES_NAME] = "";
    size_t end, length;
    if (names_of_cleanrl(text, name))
        return true;
    snprintf(rest, sizeof rest, "%s", text);
    const char *dataset = find_dataset(rest, &length);
    size_t behind = dataset != NULL ? (size_t)(dataset - rest) + length : 0;
    const char *number = find_seed(rest, &end);
    if (number != NULL && end >= behind) {
        snprintf(seed, sizeof seed, "%s", number);
        rest[end] = '\0';
    }
    keep_name(name[READ_SEED], seed, strlen(seed));
    if (dataset != NULL) {
        keep_name(name[READ_DATASET], dataset, length);
        memmove((char *)dataset, dataset + length, strlen(dataset + length) + 1);
    }
    const char *method = rest;
    while (*method != '\0' && separates(*method))
        method++;
    size_t n = strlen(method);
    while (n > 0 && separates(method[n - 1]))
        n--;
    keep_name(name[READ_METHOD], method, n);
    return n > 0 || dataset != NULL || seed[0] != '\0';
}

/* --- names of files --------------------------------------------------------------------------- */

/* The n-th part of a path from its end (0: the file), without the endings of a file. */
static bool path_part(const char *path, int n, char out[SCORES_NAME])
{
    const char *end = path + strlen(path), *first = end;
    for (int i = 0; i <= n; i++) {
        end = i == 0 ? end : first - 1;
        if (end <= path)
            return false;
        first = end;
        while (first > path && first[-1] != '/')
            first--;
    }
    snprintf(out, SCORES_NAME, "%.*s", (int)(end - first), first);
    static const char *const endings[] = {".gz", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".npz"};
    for (size_t i = 0; n == 0 && i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(out), ending = strlen(endings[i]);
        if (length > ending && strcasecmp(out + length - ending, endings[i]) == 0)
            out[length - ending] = '\0';
    }
    return out[0] != '\0' && strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

static void take_name(struct scores_source *s, int role, const char *text, const char *from)
{
    if (s->name[role][0] != '\0' || *text == '\0')
        return;
    snprintf(s->name[role], SCORES_NAME, "%.*s", SCORES_NAME - 1, text);
    s->from[role] = from;
}

/* "DiscreteBCQ_asterix_1_20211210111303": d3rlpy's method, what the user added, time. */
static void names_of_d3rlpy(struct scores_source *s)
{
    char folder[SCORES_NAME];
    if (!path_part(s->path, 1, folder))
        return;
    char *last = strrchr(folder, '_'), *rest;
    if (last == NULL || strspn(last + 1, "0123456789") < 8)
        return;
    *last = '\0';
    char *seed = strrchr(folder, '_');
    if (seed != NULL && seed[1] != '\0' && seed[1 + strspn(seed + 1, "0123456789")] == '\0') {
        take_name(s, READ_SEED, seed + 1, "the folder's name");
        *seed = '\0';
    }
    if ((rest = strchr(folder, '_')) != NULL) {
        *rest = '\0';
        take_name(s, READ_DATASET, rest + 1, "the folder's name");
    }
    take_name(s, READ_METHOD, folder, "the folder's name");
}

void scores_names_of_path(struct scores_source *s)
{
    char part[SCORES_NAME];
    if (s->layout != NULL && strcmp(s->layout, "tdmpc2") == 0) {
        if (path_part(s->path, 0, part))
            take_name(s, READ_DATASET, part, "the file's name");
        if (path_part(s->path, 1, part))
            take_name(s, READ_METHOD, part, "the folder's name");
    } else if (s->layout != NULL && strcmp(s->layout, "d3rlpy") == 0) {
        names_of_d3rlpy(s);
    } else {
        /* A run's name with "__" in it, as CleanRL has them, in the file's or a folder's name. */
        for (int n = 0; n < 3; n++) {
            char name[READ_NAMES][SCORES_NAME] = {{0}}, *run = part;
            if (!path_part(s->path, n, part))
                continue;
            char *tag = strstr(part, "-tag-"); /* TensorBoard: run-NAME-tag-METRIC.csv */
            if (tag != NULL)
                *tag = '\0';
            run += strncmp(run, "run-", 4) == 0 || strncmp(run, "run_", 4) == 0 ? 4 : 0;
            if (strstr(run, "__") != NULL && names_of_cleanrl(run, name)) {
                for (int i = 0; i < READ_NAMES; i++)
                    take_name(s, i, name[i], n == 0 ? "the file's name" : "the folder's name");
                return;
            }
        }
    }
}

/* --- patterns --------------------------------------------------------------------------------- */

/* The role of "{dataset}" at `at`, or -1; *length with its braces. */
static int placeholder(const char *at, size_t *length)
{
    for (int i = 0; i < READ_NAMES; i++) {
        const char *name = reading_role_name((enum reading_role)i);
        size_t n = strlen(name);
        if (*at == '{' && strncmp(at + 1, name, n) == 0 && at[n + 1] == '}') {
            *length = n + 2;
            return i;
        }
    }
    return -1;
}

enum status scores_pattern_check(const char *pattern)
{
    bool any = false;
    for (const char *at = pattern; *at != '\0'; at++) {
        size_t length;
        if (*at == '{' && placeholder(at, &length) < 0)
            return status_fail(STATUS_CONFIG,
                               "--pattern: '%.40s' is none of {method}, {dataset}, {seed}", at);
        any = any || *at == '{';
    }
    return any ? STATUS_OK
               : status_fail(STATUS_CONFIG,
                             "--pattern '%.80s' names nothing; write for example "
                             "'{dataset}/{method}/{seed}.csv'",
                             pattern);
}

/* A piece of the text that a placeholder takes; the whole must match as often as it is named. */
struct match {
    const char *first;
    size_t length;
};

static bool match_here(const char *p, const char *text, struct match piece[READ_NAMES], bool strict,
                       int *tries)
{
    size_t width = 1;
    if (++*tries > 100000)
        return false;
    if (*p == '\0')
        return *text == '\0';
    int role = placeholder(p, &width);
    if (role < 0 && *p != '*')
        return *p == *text && match_here(p + 1, text + 1, piece, strict, tries);
    struct match none = {0};
    for (size_t n = role < 0 ? 0 : 1; n == 0 || (text[n - 1] != '\0' && text[n - 1] != '/'); n++) {
        struct match before = role >= 0 ? piece[role] : none;
        char seed[SCORES_NAME];
        int64_t number;
        snprintf(seed, sizeof seed, "%.*s", (int)n, text);
        bool same = role < 0 || before.first == NULL ||
                    (before.length == n && strncmp(before.first, text, n) == 0);
        if (!same || (strict && role == READ_SEED && !scores_seed_number(seed, &number)))
            continue;
        if (role >= 0)
            piece[role] = (struct match){text, n};
        if (match_here(p + width, text + n, piece, strict, tries))
            return true;
        if (role >= 0)
            piece[role] = before;
    }
    return false;
}

bool scores_pattern_match(const char *pattern, const char *path, char name[READ_NAMES][SCORES_NAME])
{
    int parts = 0, tries = 0;
    for (const char *at = pattern; *at != '\0'; at++)
        parts += *at == '/';
    const char *first = path + strlen(path);
    for (; first > path && (parts > 0 || first[-1] != '/'); first--)
        parts -= first[-1] == '/';
    /* First with seeds that are numbers: "{method}_{seed}" of td3_odt_1 is td3_odt and 1. */
    for (int strict = 1; strict >= 0; strict--) {
        struct match piece[READ_NAMES] = {{0}};
        tries = 0;
        if (!match_here(pattern, first, piece, strict, &tries))
            continue;
        for (int i = 0; i < READ_NAMES; i++)
            snprintf(name[i], SCORES_NAME, "%.*s", (int)piece[i].length,
                     piece[i].first != NULL ? piece[i].first : "");
        return true;
    }
    return false;
}
