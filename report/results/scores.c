/* A score file of anyone: what kind it is. */
#include "report/results/scores.h"

#include "engine/base/file.h"
#include "report/results/scores_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool begins(const struct scores_text *t, const char *magic, size_t length)
{
    return t->length >= length && memcmp(t->at, magic, length) == 0;
}

/* Formats that are not read, by how they begin. */
static enum status check_format(const struct scores_text *t, const char *path)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *what, *remedy;
    } others[] = {
        {"\x89HDF\r\n\x1a\n", 8, "HDF5 in a pipe or compressed as a whole",
         "save it as a file, unpacked"},
        {"\x93NUMPY", 6, "a single numpy array", "save it with names: np.savez, or as CSV or JSON"},
        {"\x80\x02", 2, "a Python pickle, which can run code", "save it as CSV or JSON"},
        {"\x80\x03", 2, "a Python pickle, which can run code", "save it as CSV or JSON"},
        {"\x80\x04", 2, "a Python pickle, which can run code", "save it as CSV or JSON"},
        {"\x80\x05", 2, "a Python pickle, which can run code", "save it as CSV or JSON"},
        {"PAR1", 4, "Parquet", "save it as CSV: df.to_csv(...)"},
        {"ARROW1", 6, "Arrow", "save it as CSV: df.to_csv(...)"},
        {"SQLite format 3", 15, "an SQLite database", "export the table as CSV"},
        {"\xfd"
         "7zXZ",
         5, "compressed by xz", "xz -dc FILE | vitamin report --scores -"},
        {"BZh", 3, "compressed by bzip2", "bzip2 -dc FILE | vitamin report --scores -"},
        {"\x28\xb5\x2f\xfd", 4, "compressed by zstd", "zstd -dc FILE | vitamin report --scores -"},
        {"%PDF", 4, "a PDF", "give the numbers themselves, as CSV"},
        {"<!DOCTYPE", 9, "a web page", "give the numbers themselves, as CSV"},
        {"<html", 5, "a web page", "give the numbers themselves, as CSV"},
        {"\xd0\xcf\x11\xe0", 4, "an Excel workbook", "save it as CSV"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (begins(t, others[i].magic, others[i].length))
            return status_fail(STATUS_FORMAT, "%s: is %s, which is not read; %s", path,
                               others[i].what, others[i].remedy);
    }
    return STATUS_OK;
}

static enum status read_text(struct results *r, struct scores_text *t, struct scores_source *s)
{
    const char *from;
    TRY(scores_text_decode(s->path, t, &from));
    const char *first = t->at + strspn(t->at, " \t\r\n");
    if (*first == '\0')
        return status_fail(STATUS_FORMAT, "%s: empty, not even a header line", s->path);
    if (from != NULL)
        TRY(results_note(r, NOTE_INFO, "%s: is %s, not UTF-8; it was converted.", s->shown, from));
    return *first == '{' || *first == '[' ? scores_json_read(r, t, s) : scores_csv_read(r, t, s);
}

enum status scores_file_read(struct results *r, const char *path, struct scores_source *s)
{
    struct scores_text text;
    s->path = path;
    TRY(scores_text_read(path, &text));
    enum status status = check_format(&text, path);
    if (status == STATUS_OK)
        status = begins(&text, "PK", 2) ? scores_npz_read(r, &text, s) : read_text(r, &text, s);
    free(text.at);
    return status;
}

/* The names that the user gives to whatever has none. */
static void take_user_names(const struct reading *reading, struct scores_source *s)
{
    static const char *const option[READ_NAMES] = {"--method", "--dataset", "--seed"};
    for (int i = 0; i < READ_NAMES; i++) {
        if (reading->name[i] == NULL)
            continue;
        snprintf(s->name[i], SCORES_NAME, "%s", reading->name[i]);
        s->from[i] = option[i];
    }
}

static bool is_hdf5(const char *path)
{
    static const unsigned char magic[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    unsigned char head[8] = {0};
    struct stat info;
    int fd;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || file_open(path, &fd) != STATUS_OK)
        return false; /* reading it says why */
    ssize_t got = read(fd, head, sizeof head);
    close(fd);
    return got == sizeof head && memcmp(head, magic, sizeof magic) == 0;
}

enum status results_read_scores(struct results *r, const char *path)
{
    const struct reading *reading = &r->options.reading;
    struct scores_source source = {.shown = path, .reading = *reading};
    struct stat info;
    if (reading->pattern != NULL)
        TRY(scores_pattern_check(reading->pattern));
    if (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return scores_folder_read(r, path);
    if (strcmp(path, "-") != 0 && strcmp(path, "/dev/stdin") != 0 && is_hdf5(path))
        return scores_read_h5(r, path);
    if (reading->pattern != NULL && scores_pattern_match(reading->pattern, path, source.name)) {
        for (int i = 0; i < READ_NAMES; i++)
            source.from[i] = source.name[i][0] != '\0' ? "--pattern" : NULL;
    }
    take_user_names(reading, &source);
    return scores_file_read(r, path, &source);
}
