/* Both layouts that cairo has used, made here by hand; tests of gnuplot.c have the installed one.
 */
#include "report/draw/pdf.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(pdf, .timeout = 60);

static const char page[] = "<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 144 108 ] /Contents 4 0 R "
                           "/Title (\\) 9 0 R \\() >>";
static const char drawing[] = "0 0 m 144 108 l S\nendstream endobj % no end";

struct file {
    char data[4096];
    size_t size, place[16];
};

static void add(struct file *f, const void *bytes, size_t size)
{
    memcpy(f->data + f->size, bytes, size);
    f->size += size;
}

static void add_text(struct file *f, const char *text)
{
    add(f, text, strlen(text));
}

static void add_object(struct file *f, int number, const char *text)
{
    char head[32];
    f->place[number] = f->size;
    snprintf(head, sizeof head, "%d 0 obj\n", number);
    add_text(f, head);
    add_text(f, text);
    add_text(f, "\nendobj\n");
}

static void add_stream(struct file *f, int number, const char *keys, const void *bytes, size_t size)
{
    char head[512];
    f->place[number] = f->size;
    snprintf(head, sizeof head, "%d 0 obj\n<< %s >>\nstream\n", number, keys);
    add_text(f, head);
    add(f, bytes, size);
    add_text(f, "\nendstream\nendobj\n");
}

static void add_packed(struct file *f, int number, const char *keys, const void *bytes, size_t size)
{
    unsigned char packed[1024];
    uLongf length = sizeof packed;
    char all[256];
    cr_assert_eq(compress(packed, &length, bytes, size), Z_OK);
    snprintf(all, sizeof all, "%s /Filter /FlateDecode /Length %lu", keys, length);
    add_stream(f, number, all, packed, length);
}

static void add_drawing(struct file *f)
{
    char length[32];
    add_text(f, "%PDF-1.5\n%\xb5\xed\xae\xfb\n");
    add_stream(f, 4, "/Length 5 0 R", drawing, sizeof drawing - 1);
    snprintf(length, sizeof length, "%zu", sizeof drawing - 1);
    add_object(f, 5, length);
}

static void info_of(char *out, size_t size, const char *date)
{
    snprintf(out, size, "<< /Producer (a \\(b) /CreationDate (D:%s) /Odd [ << /A (]) >> ] >>",
             date);
}

/* As cairo 1.16 does it: every object by itself, a table. */
static struct file plain(const char *date)
{
    struct file f = {.size = 0};
    char info[256], line[64];
    size_t start;
    add_drawing(&f);
    add_object(&f, 1, "<< /Type /Catalog /Pages 2 0 R >>");
    add_object(&f, 2, "<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>");
    add_object(&f, 3, page);
    info_of(info, sizeof info, date);
    add_object(&f, 6, info);
    start = f.size;
    add_text(&f, "xref\n0 7\n0000000000 65535 f \n");
    for (int i = 1; i < 7; i++) {
        snprintf(line, sizeof line, "%010zu 00000 n \n", f.place[i]);
        add_text(&f, line);
    }
    add_text(&f, "trailer\n<< /Size 7 /Root 1 0 R /Info 6 0 R >>\n");
    snprintf(line, sizeof line, "startxref\n%zu\n%%%%EOF\n", start);
    add_text(&f, line);
    return f;
}

/* As cairo 1.18 does it: objects 1, 2, 3 and 6 packed in number 7, whose length is number 8; the
 * cross-reference packed in number 9. */
static struct file packed(const char *date)
{
    struct file f = {.size = 0};
    char text[1024], info[256], pairs[128], keys[128];
    const char *object[] = {"<< /Type /Catalog /Pages 2 0 R >>",
                            "<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>", page, info};
    static const int number[] = {1, 2, 3, 6};
    size_t offset = 0, used = 0;
    add_drawing(&f);
    info_of(info, sizeof info, date);
    for (int i = 0; i < 4; i++) {
        used += (size_t)snprintf(pairs + used, sizeof pairs - used, "%d %zu\n", number[i], offset);
        offset += strlen(object[i]) + 1;
    }
    snprintf(text, sizeof text, "%s%s\n%s\n%s\n%s\n", pairs, object[0], object[1], object[2],
             object[3]);
    unsigned char bytes[1024];
    uLongf length = sizeof bytes;
    cr_assert_eq(compress(bytes, &length, (const Bytef *)text, strlen(text)), Z_OK);
    snprintf(keys, sizeof keys, "/Type /ObjStm /Length 8 0 R /N 4 /First %zu /Filter /FlateDecode",
             used);
    add_stream(&f, 7, keys, bytes, length);
    snprintf(keys, sizeof keys, "%lu", length);
    add_object(&f, 8, keys);

    unsigned char row[10][4] = {{0, 0, 0, 255}};
    f.place[9] = f.size;
    for (int i = 1; i < 10; i++) {
        row[i][0] = 1;
        row[i][1] = (unsigned char)(f.place[i] >> 8);
        row[i][2] = (unsigned char)f.place[i];
    }
    for (int i = 0; i < 4; i++)
        memcpy(row[number[i]], (unsigned char[4]){2, 0, 7, (unsigned char)i}, 4);
    add_packed(&f, 9, "/Type /XRef /Size 10 /W [ 1 2 1 ] /Root 1 0 R /Info 6 0 R", row, sizeof row);
    snprintf(keys, sizeof keys, "startxref\n%zu\n%%%%EOF\n", f.place[9]);
    add_text(&f, keys);
    return f;
}

static enum status date(const char *bytes, size_t size, const char *when, char **data, size_t *out)
{
    *data = malloc(size + 1); /* exactly its size but for size 0, so that reading on is found */
    cr_assert_not_null(*data);
    memcpy(*data, bytes, size);
    *out = size;
    return pdf_date("t.pdf", when, data, out);
}

static bool has(const char *data, size_t size, const char *text)
{
    return memmem(data, size, text, strlen(text)) != NULL;
}

ParameterizedTestParameters(pdf, says_the_date_and_nothing_else_of_the_clock)
{
    static int rows[] = {0, 1};
    return cr_make_param_array(int, rows, 2);
}

ParameterizedTest(int *is_packed, pdf, says_the_date_and_nothing_else_of_the_clock)
{
    /* Of another length when packed, so that everything behind it moves. */
    struct file f[2] = {*is_packed ? packed("20261130041757Z") : plain("20261130041757Z"),
                        *is_packed ? packed("19991231235959+05'30")
                                   : plain("19991231235959+05'30")};
    char *data[2];
    size_t size[2];
    cr_assert(f[0].size != f[1].size);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(date(f[i].data, f[i].size, "20240229123456", &data[i], &size[i]), STATUS_OK,
                     "%s", status_sentence());
    cr_assert_eq(size[0], size[1]);
    cr_assert_eq(memcmp(data[0], data[1], size[0]), 0);

    static const char *const kept[] = {"%PDF-1.5\n", page, "/Producer (a \\(b)",
                                       "/Odd [ << /A (]) >> ]", drawing};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        cr_assert(has(data[0], size[0], kept[i]), "lost: %s", kept[i]);
    cr_assert(has(data[0], size[0], "/CreationDate (D:20240229123456Z)"));
    cr_assert(!has(data[0], size[0], "ObjStm") && !has(data[0], size[0], "8 0 obj"));
    cr_assert_eq(memcmp(data[0] + size[0] - 6, "%%EOF\n", 6), 0);

    /* What it wrote it reads, and has nothing to change. */
    char *again;
    size_t length;
    cr_assert_eq(date(data[0], size[0], "20240229123456", &again, &length), STATUS_OK, "%s",
                 status_sentence());
    cr_assert(length == size[0] && memcmp(again, data[0], length) == 0);
    free(again);
    free(data[0]);
    free(data[1]);
}

/* Every entry of the table leads to the object of its number. */
Test(pdf, has_a_table_that_leads_to_its_objects)
{
    struct file f = packed("20261130041757Z");
    char *data, head[32];
    size_t size;
    cr_assert_eq(date(f.data, f.size, "20240229123456", &data, &size), STATUS_OK);
    char *start = memmem(data, size, "startxref\n", 10);
    cr_assert_not_null(start);
    char *table = data + strtoul(start + 10, NULL, 10);
    cr_assert_eq(strncmp(table, "xref\n0 7\n0000000000 65535 f \n", 29), 0, "%.40s", table);
    for (int i = 1; i < 7; i++) {
        snprintf(head, sizeof head, "%d 0 obj\n", i);
        char *object = data + strtoul(table + 9 + (ptrdiff_t)20 * i, NULL, 10);
        cr_assert_eq(strncmp(object, head, strlen(head)), 0, "%d: %.20s", i, object);
    }
    free(data);
}

Test(pdf, gets_a_date_where_it_had_no_information)
{
    struct file f = plain("20261130041757Z");
    char *at = memmem(f.data, f.size, "/Info 6 0 R", 11), *data;
    size_t size;
    memset(at, ' ', 11);
    cr_assert_eq(date(f.data, f.size, "20240229123456", &data, &size), STATUS_OK, "%s",
                 status_sentence());
    cr_assert(has(data, size, "7 0 obj\n<< /CreationDate (D:20240229123456Z)"));
    cr_assert(has(data, size, "/Info 7 0 R") && !has(data, size, "20261130"));
    free(data);
}

static void expect_refused(const struct file *f, const char *when, const char *words)
{
    char *data;
    size_t size;
    cr_assert_eq(date(f->data, f->size, when, &data, &size), STATUS_FORMAT);
    cr_assert_not_null(strstr(status_sentence(), words), "%s", status_sentence());
    cr_assert(size == f->size && memcmp(data, f->data, size) == 0, "refused and changed");
    free(data);
}

Test(pdf, is_refused_in_a_sentence_where_it_is_none_that_cairo_writes)
{
    struct file f = plain("20261130041757Z");
    expect_refused(&f, "2024-02-29", "'2024-02-29' is no date");
    char *at = memmem(f.data, f.size, "/Info 6 0 R", 11);
    memcpy(at, "/Prev 10   ", 11);
    expect_refused(&f, "20240229123456", "updated in place or encrypted");
    f = plain("20261130041757Z");
    memcpy(memmem(f.data, f.size, "/Root", 5), "/Ruut", 5);
    expect_refused(&f, "20240229123456", "catalogue");
    f = packed("20261130041757Z");
    memcpy(memmem(f.data, f.size, "/FlateDecode", 12), "/LZWDecode  ", 12);
    expect_refused(&f, "20240229123456", "stream of objects");
    f = (struct file){.data = "no PDF", .size = 6};
    expect_refused(&f, "20240229123456", "header");
}

/* The file is what gnuplot left: cut, or damaged by a disk. Refused or dated, but never read
 * beyond. */
Test(pdf, survives_every_cut_and_every_changed_byte)
{
    struct file f[] = {plain("20261130041757Z"), packed("20261130041757Z")};
    char *data;
    size_t size, refused = 0;
    for (int k = 0; k < 2; k++) {
        for (size_t cut = 0; cut + 7 < f[k].size; cut++) {
            cr_assert_neq(date(f[k].data, cut, "20240229123456", &data, &size), STATUS_OK,
                          "cut after %zu bytes", cut);
            free(data);
        }
        for (size_t i = 0; i < 8 * f[k].size; i++) {
            f[k].data[i / 8] ^= (char)(1 << i % 8);
            refused += date(f[k].data, f[k].size, "20240229123456", &data, &size) != STATUS_OK;
            free(data);
            f[k].data[i / 8] ^= (char)(1 << i % 8);
        }
    }
    cr_assert_gt(refused, 1000);
}
