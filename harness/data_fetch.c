#include "engine/base/say.h"
#include "engine/base/sha256.h"
#include "harness/argument.h"
#include "harness/command_data.h"
#include "harness/data_target.h"
#include "harness/download.h"
#include "suites/dataset_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
    const char *server, *folder;
    bool all;
    int rest; /* where the ids begin */
};

/* Look at what has arrived as the reader does: in a process of its own, all fields, all rows. */
static enum status look(const char *part, const struct dataset_entry *e, struct dataset_report *r)
{
    struct dataset_options o = dataset_defaults();
    o.env = e->env;
    TRY(dataset_check(part, &o, r));
    return r->problems > 0 ? status_restore(&r->problem[0]) : STATUS_OK;
}

/* Without a connection one can still go on. */
static enum status offer(enum status result, const struct dataset_entry *e)
{
    if (result != STATUS_IO)
        return result;
    char why[STATUS_SENTENCE];
    snprintf(why, sizeof why, "%s", status_sentence());
    return status_fail(
        result, "%.800s; `vitamin data generate %s --policy random` makes a stand-in", why, e->id);
}

/* Download until it passes. A beginning from an earlier try may have been another file's. */
static enum status get(const char *url, const char *part, const struct dataset_entry *e,
                       struct dataset_report *r)
{
    bool begun = file_exists(part), show = isatty(STDERR_FILENO);
    TRY(offer(download(url, part, show), e));
    enum status result = look(part, e, r);
    if (result != STATUS_OK && begun) {
        unlink(part);
        TRY(offer(download(url, part, show), e));
        result = look(part, e, r);
    }
    if (result == STATUS_OK)
        return result;
    unlink(part);
    return status_prefix(result, "what %s gives is not %s and was removed", url, e->id);
}

/* Its size, checksum, and whether it has the rows that D4RL's has. */
static enum status tell(const char *path, const struct dataset_entry *e,
                        const struct dataset_report *r)
{
    struct stat info;
    char digest[SHA256_HEX];
    int64_t rows = e->rows > 0 ? e->rows : e->paper_transitions;
    TRY(sha256_file(path, digest));
    double size = stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
    say("%s: %s, %.1f MB, %lld rows, sha256 %s\n", e->id, path, size, (long long)r->rows, digest);
    if (e->rows > 0 ? r->rows != rows : r->rows < rows)
        say("%s: D4RL's file has %s%lld rows, this one %lld: results on it will not be labelled "
            "as D4RL's\n",
            e->id, e->rows > 0 ? "" : "at least ", (long long)rows, (long long)r->rows);
    return STATUS_OK;
}

static enum status fetch(const struct arguments *a, const struct dataset_entry *e)
{
    char path[FILE_PATH], part[FILE_PATH], url[FILE_PATH];
    struct dataset_report report;
    size_t n = strlen(a->server);
    if (dataset_locate(e->id, a->folder, path) == STATUS_OK && !data_target_is_ours(path)) {
        say("%s: is there already, %s\n", e->id, path);
        return STATUS_OK;
    }
    TRY(file_path(path, "%s/%s.hdf5", dataset_folder(a->folder), e->id));
    TRY(file_path(part, "%s.part", path));
    TRY(file_path(url, "%s%s%s/%s", a->server, n > 0 && a->server[n - 1] == '/' ? "" : "/",
                  e->folder, e->file));
    TRY(file_make_folder(dataset_folder(a->folder)));
    TRY(get(url, part, e, &report));
    TRY(file_commit(part, path));
    return tell(path, e, &report);
}

/* One after the other: what one server's fault stops must not stop the rest, but being offline
 * does. */
static enum status fetch_all(const struct arguments *a)
{
    int failed = 0;
    struct status_note first = {STATUS_OK, ""};
    for (int i = 0; i < dataset_count; i++) {
        enum status result = fetch(a, &dataset_table[i]);
        fflush(stdout);
        if (result == STATUS_IO)
            return result;
        if (result == STATUS_OK)
            continue;
        say_to(stderr, "%s: %s\n", dataset_table[i].id, status_sentence());
        if (failed++ == 0)
            status_save(&first, result);
    }
    if (failed > 0)
        return status_fail(first.code, "%d of %d could not be fetched; the first: %.600s", failed,
                           dataset_count, first.sentence);
    return STATUS_OK;
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    const char *set = getenv("VITAMIN_SERVER");
    *a = (struct arguments){.server = set != NULL && *set != '\0' ? set : dataset_server};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"all", .flag = &a->all},
                                                {"data", .text = &a->folder},
                                                {"server", .text = &a->server},
                                                {.name = NULL}},
                      &a->rest));
    if (a->all != (a->rest == argc))
        return status_fail(STATUS_CONFIG, "dataset ids or --all are expected; `vitamin data list` "
                                          "shows the ids");
    for (int i = a->rest; i < argc; i++) {
        const struct dataset_entry *e = dataset_find(argv[i]);
        if (e == NULL || strcmp(e->id, argv[i]) != 0)
            return status_fail(STATUS_CONFIG,
                               "'%s' is none of the paper's datasets; `vitamin data list` shows "
                               "the ids",
                               argv[i]);
    }
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    if (a.all)
        return fetch_all(&a);
    for (int i = a.rest; i < argc; i++)
        TRY(fetch(&a, dataset_find(argv[i])));
    return STATUS_OK;
}

const struct command data_fetch = {
    .name = "fetch",
    .usage = "ID ...|--all [--data FOLDER] [--server URL]",
    .help = "download D4RL's files (curl), look at them, and put them into the data folder",
    .run = run,
};
