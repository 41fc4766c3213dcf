#include "report/draw/pdf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    MOST_OBJECTS = 1 << 20,
    LARGEST_STREAM = 64 << 20 /* bytes, unpacked: object and cross-reference streams */
};

/* Bytes of the file: a token, a value, or what is still to be read. */
struct span {
    const char *at, *end;
};

struct object {
    enum { NOWHERE, IN_FILE, IN_STREAM } home;
    size_t place; /* byte in the file, or the number of the object stream */
    size_t index; /* in the object stream */
    bool wanted, loaded;
    struct span value;  /* the object; of a stream its dictionary */
    struct span stream; /* the bytes behind the dictionary; at is NULL without any */
    char *unpacked;     /* of an object stream, once something in it was asked for */
    size_t unpacked_size;
};

struct pdf {
    const char *what;
    struct span file;
    struct object *object; /* by number */
    size_t objects;
    size_t root, info; /* numbers; 0: none */
};

static enum status malformed(const struct pdf *p, const char *where)
{
    return status_fail(STATUS_FORMAT, "%s: cannot be dated: its PDF has no readable %s", p->what,
                       where);
}

/* --- tokens and values ---------------------------------------------------------------------- */

static bool one_of(char c, const char *set, size_t count)
{
    return memchr(set, c, count) != NULL;
}

static bool is_space(char c)
{
    return one_of(c, "\0\t\n\f\r ", 6);
}

static bool is_regular(char c)
{
    return !is_space(c) && !one_of(c, "()<>[]{}/%", 10);
}

static void skip_space(struct span *t)
{
    bool comment = false;
    for (; t->at < t->end; t->at++) {
        if (*t->at == '%')
            comment = true;
        else if (*t->at == '\n' || *t->at == '\r')
            comment = false;
        if (!comment && !is_space(*t->at))
            return;
    }
}

/* Behind the string "(...)" that starts at t->at: parentheses nest, a backslash takes the next. */
static bool skip_string(struct span *t)
{
    int depth = 0;
    while (t->at < t->end) {
        char c = *t->at++;
        if (c == '\\' && t->at < t->end)
            t->at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return true;
    }
    return false;
}

/* The next token: a string, name, number or word, or one of << >> [ ] { }. */
static bool next_token(struct span *t, struct span *token)
{
    skip_space(t);
    token->at = t->at;
    if (t->at == t->end)
        return false;
    char c = *t->at;
    bool twice = t->at + 1 < t->end && t->at[1] == c;
    if (c == '(') {
        if (!skip_string(t))
            return false;
    } else if (one_of(c, "<>", 2) && twice) {
        t->at += 2;
    } else if (c == '<') {
        const char *close = memchr(t->at, '>', (size_t)(t->end - t->at));
        if (close == NULL)
            return false;
        t->at = close + 1;
    } else {
        t->at++;
        while ((c == '/' || is_regular(c)) && t->at < t->end && is_regular(*t->at))
            t->at++;
    }
    token->end = t->at;
    return true;
}

static bool token_is(struct span token, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(token.end - token.at) == n && memcmp(token.at, text, n) == 0;
}

static bool read_whole_number(struct span token, size_t *out)
{
    *out = 0;
    for (const char *c = token.at; c < token.end; c++) {
        if (*c < '0' || *c > '9' || *out > SIZE_MAX / 16)
            return false;
        *out = 10 * *out + (size_t)(*c - '0');
    }
    return token.at < token.end;
}

/* "12 0 R" as the next three tokens. */
static bool reference(struct span t, struct span *rest, size_t *number)
{
    struct span token;
    size_t generation;
    bool ok = next_token(&t, &token) && read_whole_number(token, number) &&
              next_token(&t, &token) && read_whole_number(token, &generation) &&
              next_token(&t, &token) && token_is(token, "R");
    *rest = t;
    return ok;
}

/* The next object: one token, a reference, or everything up to the bracket that closes. */
static bool read_value(struct span *t, struct span *out)
{
    struct span token, rest;
    size_t number;
    skip_space(t);
    out->at = t->at;
    if (reference(*t, &rest, &number)) {
        *t = rest;
        out->end = t->at;
        return true;
    }
    int depth = 0;
    do {
        if (!next_token(t, &token))
            return false;
        depth += token_is(token, "<<") || token_is(token, "[");
        depth -= token_is(token, ">>") || token_is(token, "]");
    } while (depth > 0);
    out->end = t->at;
    return depth == 0;
}

/* Step through a dictionary: *t starts at its "<<". False at its end, or where it is none. */
static bool entry(struct span *t, struct span *key, struct span *out)
{
    if (!next_token(t, key) || (token_is(*key, "<<") && !next_token(t, key)))
        return false;
    return *key->at == '/' && read_value(t, out);
}

static bool lookup(struct span dictionary, const char *name, struct span *out)
{
    struct span key;
    while (entry(&dictionary, &key, out)) {
        if (token_is(key, name))
            return true;
    }
    return false;
}

/* --- objects -------------------------------------------------------------------------------- */

static enum status load(struct pdf *p, size_t number);

/* A number in a dictionary, there or in an object of its own. */
static enum status get_number(struct pdf *p, struct span dictionary, const char *name, size_t *out)
{
    struct span v, rest;
    size_t number;
    if (!lookup(dictionary, name, &v))
        return malformed(p, name);
    if (reference(v, &rest, &number)) {
        TRY(load(p, number));
        v = p->object[number].value;
    }
    return read_whole_number(v, out) ? STATUS_OK : malformed(p, name);
}

/* "12 0 obj ... endobj" from a byte of the file. */
static enum status read_object(struct pdf *p, size_t place, struct object *o)
{
    struct span t = p->file, token;
    size_t number, generation;
    if (place >= (size_t)(t.end - t.at))
        return malformed(p, "object where it is said to be");
    t.at += place;
    if (!next_token(&t, &token) || !read_whole_number(token, &number) || !next_token(&t, &token) ||
        !read_whole_number(token, &generation) || generation != 0 || !next_token(&t, &token) ||
        !token_is(token, "obj") || !read_value(&t, &o->value) || !next_token(&t, &token))
        return malformed(p, "object where it is said to be");
    o->stream = (struct span){NULL, NULL};
    if (!token_is(token, "stream"))
        return STATUS_OK;

    t.at += t.at < t.end && *t.at == '\r';
    t.at += t.at < t.end && *t.at == '\n';
    size_t length;
    TRY(get_number(p, o->value, "/Length", &length));
    if (length > (size_t)(t.end - t.at))
        return malformed(p, "end of a stream");
    o->stream = (struct span){t.at, t.at + length};
    t.at += length;
    return next_token(&t, &token) && token_is(token, "endstream") ? STATUS_OK
                                                                  : malformed(p, "end of a stream");
}

/* The bytes of a stream, malloc'ed. */
static enum status unpack_stream(struct pdf *p, const struct object *o, char **out, size_t *size)
{
    struct span v;
    if (o->stream.at == NULL || !lookup(o->value, "/Filter", &v) || !token_is(v, "/FlateDecode") ||
        lookup(o->value, "/DecodeParms", &v) || lookup(o->value, "/Extends", &v))
        return malformed(p, "stream of objects (deflate only)");
    size_t packed = (size_t)(o->stream.end - o->stream.at);
    int result = Z_BUF_ERROR;
    for (uLongf room = 4096; result == Z_BUF_ERROR && room <= LARGEST_STREAM; room *= 4) {
        uLongf got = room;
        char *bytes = malloc(room);
        if (bytes == NULL)
            return status_fail(STATUS_MEMORY, "%s: no memory to date it", p->what);
        result = uncompress((Bytef *)bytes, &got, (const Bytef *)o->stream.at, packed);
        if (result == Z_OK) {
            *out = bytes;
            *size = got;
            return STATUS_OK;
        }
        free(bytes);
    }
    return malformed(p, "stream of objects (it does not unpack)");
}

/* Object number o->index of an object stream: pairs of number and offset, then the objects. */
static enum status read_packed(struct pdf *p, struct object *o)
{
    if (o->place >= p->objects || p->object[o->place].home != IN_FILE)
        return malformed(p, "stream of objects");
    TRY(load(p, o->place));
    struct object *home = &p->object[o->place];
    if (home->unpacked == NULL)
        TRY(unpack_stream(p, home, &home->unpacked, &home->unpacked_size));
    size_t first, offset = 0;
    TRY(get_number(p, home->value, "/First", &first));
    struct span t = {home->unpacked, home->unpacked + home->unpacked_size}, token;
    for (size_t i = 0; i < 2 * (o->index + 1); i++) {
        if (!next_token(&t, &token) || !read_whole_number(token, &offset))
            return malformed(p, "stream of objects");
    }
    if (first > home->unpacked_size || offset >= home->unpacked_size - first)
        return malformed(p, "stream of objects");
    t.at = home->unpacked + first + offset;
    return read_value(&t, &o->value) ? STATUS_OK : malformed(p, "stream of objects");
}

static enum status load(struct pdf *p, size_t number)
{
    if (number >= p->objects || p->object[number].home == NOWHERE)
        return malformed(p, "object that another one needs");
    struct object *o = &p->object[number];
    if (o->loaded)
        return o->value.at != NULL ? STATUS_OK : malformed(p, "object (it needs itself)");
    o->loaded = true;
    return o->home == IN_FILE ? read_object(p, o->place, o) : read_packed(p, o);
}

/* --- where the objects are ------------------------------------------------------------------ */

static enum status set_home(struct pdf *p, size_t number, struct object o)
{
    if (number >= MOST_OBJECTS)
        return malformed(p, "cross-reference (too many objects)");
    if (number >= p->objects) {
        struct object *more = realloc(p->object, (number + 1) * sizeof *more);
        if (more == NULL)
            return status_fail(STATUS_MEMORY, "%s: no memory to date it", p->what);
        memset(more + p->objects, 0, (number + 1 - p->objects) * sizeof *more);
        p->object = more;
        p->objects = number + 1;
    }
    p->object[number] = o;
    return STATUS_OK;
}

/* "xref": sections of a first number and a count, then lines of offset, generation, n or f. */
static enum status read_table(struct pdf *p, struct span t, struct span *trailer)
{
    struct span token;
    size_t first, count, place;
    while (next_token(&t, &token) && !token_is(token, "trailer")) {
        if (!read_whole_number(token, &first) || !next_token(&t, &token) ||
            !read_whole_number(token, &count))
            return malformed(p, "cross-reference table");
        for (size_t i = 0; i < count; i++) {
            if (!next_token(&t, &token) || !read_whole_number(token, &place) ||
                !next_token(&t, &token) || !next_token(&t, &token) ||
                (!token_is(token, "n") && !token_is(token, "f")))
                return malformed(p, "cross-reference table");
            if (token_is(token, "n"))
                TRY(set_home(p, first + i, (struct object){.home = IN_FILE, .place = place}));
        }
    }
    return read_value(&t, trailer) ? STATUS_OK : malformed(p, "trailer");
}

/* Numbers of as many bytes as /W says: a kind, a place, an index. */
static enum status read_rows(struct pdf *p, struct span dictionary, const unsigned char *row,
                             size_t bytes)
{
    size_t width[3], size;
    struct span t, token;
    if (!lookup(dictionary, "/W", &t) || lookup(dictionary, "/Index", &token) ||
        !next_token(&t, &token))
        return malformed(p, "cross-reference stream");
    for (int k = 0; k < 3; k++) {
        if (!next_token(&t, &token) || !read_whole_number(token, &width[k]) || width[k] > 4)
            return malformed(p, "cross-reference stream");
    }
    size_t all = width[0] + width[1] + width[2];
    TRY(get_number(p, dictionary, "/Size", &size));
    if (all == 0 || size > bytes / all)
        return malformed(p, "cross-reference stream");
    for (size_t i = 0; i < size; i++) {
        size_t field[3] = {1, 0, 0}; /* a kind of no bytes: in the file */
        for (int k = 0; k < 3; k++) {
            field[k] = width[k] > 0 ? 0 : field[k];
            for (size_t b = 0; b < width[k]; b++)
                field[k] = field[k] << 8 | *row++;
        }
        struct object o = {.home = field[0] == 1   ? IN_FILE
                                   : field[0] == 2 ? IN_STREAM
                                                   : NOWHERE,
                           .place = field[1],
                           .index = field[2]};
        TRY(set_home(p, i, o));
    }
    return STATUS_OK;
}

static enum status read_stream(struct pdf *p, size_t place, struct span *trailer)
{
    struct object o = {.home = IN_FILE};
    char *rows;
    size_t bytes;
    TRY(read_object(p, place, &o));
    TRY(unpack_stream(p, &o, &rows, &bytes));
    enum status result = read_rows(p, o.value, (const unsigned char *)rows, bytes);
    free(rows);
    *trailer = o.value;
    return result;
}

/* The file's last "startxref" leads to one or the other. */
static enum status read_homes(struct pdf *p)
{
    static const char word[] = "startxref";
    struct span t = p->file, token, trailer;
    size_t size = (size_t)(t.end - t.at), place = 0;
    if (size < 5 || memcmp(t.at, "%PDF-", 5) != 0)
        return malformed(p, "header");
    for (t.at = t.end - 5; t.at > p->file.at; t.at--) {
        if ((size_t)(t.end - t.at) >= sizeof word && memcmp(t.at, word, sizeof word - 1) == 0)
            break;
    }
    if (!next_token(&t, &token) || !token_is(token, word) || !next_token(&t, &token) ||
        !read_whole_number(token, &place) || place >= size)
        return malformed(p, "cross-reference");
    t = (struct span){p->file.at + place, p->file.end};
    if (next_token(&t, &token) && token_is(token, "xref"))
        TRY(read_table(p, t, &trailer));
    else
        TRY(read_stream(p, place, &trailer));

    struct span v, rest;
    if (lookup(trailer, "/Prev", &v) || lookup(trailer, "/XRefStm", &v) ||
        lookup(trailer, "/Encrypt", &v))
        return status_fail(STATUS_FORMAT,
                           "%s: cannot be dated: its PDF was updated in place or encrypted",
                           p->what);
    if (!lookup(trailer, "/Root", &v) || !reference(v, &rest, &p->root))
        return malformed(p, "catalogue");
    if (lookup(trailer, "/Info", &v) && !reference(v, &rest, &p->info))
        return malformed(p, "information dictionary");
    return STATUS_OK;
}

/* --- what is kept --------------------------------------------------------------------------- */

/* Want what an object refers to. What leads nowhere is null, by the book, and stays as it is. */
static bool want_references(struct pdf *p, struct span t)
{
    struct span token, rest;
    size_t number;
    bool news = false;
    for (; next_token(&t, &token); t.at = token.end) {
        if (reference((struct span){token.at, t.end}, &rest, &number) && number < p->objects &&
            p->object[number].home != NOWHERE && !p->object[number].wanted)
            news = p->object[number].wanted = true;
    }
    return news;
}

static enum status expect_token(struct pdf *p)
{
    TRY(load(p, p->root));
    p->object[p->root].wanted = true;
    if (p->info != 0) {
        TRY(load(p, p->info));
        p->object[p->info].wanted = true;
    }
    for (bool news = true; news;) {
        news = false;
        for (size_t i = 0; i < p->objects; i++) {
            if (!p->object[i].wanted)
                continue;
            TRY(load(p, i));
            news = want_references(p, p->object[i].value) || news;
        }
    }
    return STATUS_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

static void write_span(FILE *out, struct span text)
{
    fwrite(text.at, 1, (size_t)(text.end - text.at), out);
}

static void write_info(FILE *out, struct span dictionary, const char *date)
{
    struct span key, v;
    fputs("<< ", out);
    while (entry(&dictionary, &key, &v)) {
        if (token_is(key, "/CreationDate") || token_is(key, "/ModDate"))
            continue;
        write_span(out, key);
        fputc(' ', out);
        write_span(out, v);
        fputs("\n   ", out);
    }
    fprintf(out, "/CreationDate (D:%sZ)\n>>", date);
}

static void write_object(FILE *out, const struct pdf *p, size_t number, const char *date)
{
    const struct object *o = &p->object[number];
    fprintf(out, "%zu 0 obj\n", number);
    if (number == p->info)
        write_info(out, o->value, date);
    else
        write_span(out, o->value);
    if (o->stream.at != NULL) {
        fputs("\nstream\n", out);
        write_span(out, o->stream);
        fputs("\nendstream", out);
    }
    fputs("\nendobj\n", out);
}

/* Free entries lead from one to the next and back to number 0. */
static void write_table(FILE *out, const struct pdf *p, size_t size, const size_t *place)
{
    fprintf(out, "xref\n0 %zu\n", size);
    for (size_t i = 0; i < size; i++) {
        size_t free_one = i + 1;
        while (free_one < size && place[free_one] != 0)
            free_one++;
        if (place[i] != 0)
            fprintf(out, "%010zu 00000 n \n", place[i]);
        else
            fprintf(out, "%010zu 65535 f \n", free_one < size ? free_one : 0);
    }
    fprintf(out, "trailer\n<< /Size %zu\n   /Root %zu 0 R\n   /Info %zu 0 R\n>>\n", size, p->root,
            p->info);
}

static enum status write_file(const struct pdf *p, const char *date, FILE *out)
{
    size_t size = 1;
    for (size_t i = 0; i < p->objects; i++)
        size = p->object[i].wanted ? i + 1 : size;
    size_t *place = calloc(size, sizeof *place);
    if (place == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to date it", p->what);

    /* Its version, and four bytes that tell file transfers that it is no text. */
    struct span header = {p->file.at, p->file.at + 5};
    while (header.end < p->file.end && !is_space(*header.end))
        header.end++;
    write_span(out, header);
    fputs("\n%\xb5\xed\xae\xfb\n", out);
    for (size_t i = 0; i < size; i++) {
        if (p->object[i].wanted) {
            place[i] = (size_t)ftell(out);
            write_object(out, p, i, date);
        }
    }
    long table = ftell(out);
    write_table(out, p, size, place);
    fprintf(out, "startxref\n%ld\n%%%%EOF\n", table);
    free(place);
    return STATUS_OK;
}

static enum status rewrite(struct pdf *p, const char *date, FILE *out)
{
    TRY(read_homes(p));
    if (p->info == 0) {
        static const char empty[] = "<<>>";
        p->info = p->objects;
        TRY(set_home(
            p, p->info,
            (struct object){.home = IN_FILE, .loaded = true, .value = {empty, empty + 4}}));
    }
    TRY(expect_token(p));
    return write_file(p, date, out);
}

enum status pdf_date(const char *what, const char *date, char **data, size_t *size)
{
    if (strlen(date) != 14 || strspn(date, "0123456789") != 14)
        return status_fail(STATUS_FORMAT, "%s: '%s' is no date (YYYYMMDDhhmmss)", what, date);
    struct pdf p = {.what = what, .file = {*data, *data + *size}};
    char *dated = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&dated, &length);
    if (out == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to date it", what);
    enum status result = rewrite(&p, date, out);
    bool cut = ferror(out) != 0;
    if ((fclose(out) != 0 || cut) && result == STATUS_OK)
        result = status_fail(STATUS_MEMORY, "%s: no memory to date it", what);
    for (size_t i = 0; i < p.objects; i++)
        free(p.object[i].unpacked);
    free(p.object);
    if (result != STATUS_OK) {
        free(dated);
        return result;
    }
    free(*data);
    *data = dated;
    *size = length;
    return STATUS_OK;
}
